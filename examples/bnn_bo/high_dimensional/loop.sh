# 20 random mixtures, then four rounds of five that the advisor chose, into log.csv
set -e
rm -f log.csv
python evaluate.py log.csv --random 20
for round in 1 2 3 4; do
    advisor recommend bnn-bo --log log.csv --space space.toml --surrogate ibnn -n 5 -q | python evaluate.py log.csv
done
