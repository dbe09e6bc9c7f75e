# Make all that the pages of chemistry and high_dimensional show anew: loops, plots, printed blocks. This takes several minutes.
set -e
cd "$(dirname "$0")/chemistry"
for seed in 0 1 2 3 4; do sh loop.sh $seed; done
advisor report bnn-bo logs/0.csv --space space.toml --surrogate gp --figure pareto -q -o pareto.svg
cd ../high_dimensional
sh loop.sh
rm -f progress.csv
python compare.py --run random gp ibnn
rm -f wiggly.csv
python compare.py wiggly --run random gp ibnn --seeds 6
advisor report bnn-bo log.csv --space space.toml --surrogate gp --figure progress -q -o progress.svg
cd ../../..
python tests/examples/refresh_pages.py bnn_bo/sweep bnn_bo/chemistry bnn_bo/high_dimensional
