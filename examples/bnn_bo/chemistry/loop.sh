# loop.sh SEED: eight experiments at random, then six rounds of four that the advisor chose, into logs/SEED.csv
set -e
mkdir -p logs
rm -f "logs/$1.csv"
python evaluate.py "logs/$1.csv" --random pool.csv 8 --seed "$1"
for round in 1 2 3 4 5 6; do
    advisor recommend bnn-bo --log "logs/$1.csv" --space space.toml --pool pool.csv --surrogate gp --seed "$1" -n 4 -q |
        python evaluate.py "logs/$1.csv"
done
