# From photographs to new versions of the generator and of the models that belong to it, published together at the end.
# What is done is not done again: a Job that is started anew goes on where it was stopped.
set -eu

models=/srv/models/repository
photos=/srv/training/photos
run=/srv/training/runs/$JOB
mkdir -p "$run"

# The shell gets the signal that a pod is to end; Python has to, for it to save.
step() {
    echo "python -m training $*"
    python -m training "$@" &
    trap "kill -TERM $!; wait $!; exit 143" TERM
    wait $!
}

if [ -e "$run/published" ]; then
    echo "$run is published already"
    exit
fi
[ -e "$run/prepared" ] || step prepare --photos "$photos" --out "$run/data" --repository "$models"
touch "$run/prepared"
step train phiz-64 --data "$run/data" --out "$run/generator"
step train encoder --data "$run/data" --out "$run/encoder" --generator "$run/generator"
for kind in generator encoder; do
    step evaluate "$kind" --run "$run/$kind" --data "$run/data" --generator "$run/generator"
    step export "$kind" --run "$run/$kind" --generator "$run/generator"
done
step directions --run "$run/generator" --out "$run/directions" --repository "$models"
# Servers take them once all are there.
for part in generator encoder directions; do
    step publish --run "$run/$part" --repository "$models"
done
touch "$run/published"
