# From photographs to new versions of the generator and of the models that belong to it, published together at the end.
# A step that is done is not done again: a Job whose pod is replaced goes on where it was stopped. A Job that is told of
# an earlier one's run, by RUN, publishes that one's models once more, as the newest version; one that is told INTO=canary
# publishes beside the models that are served, into a copy of them.
set -eu

models=/srv/models/repository
into=/srv/models/${INTO:-repository}
photos=/srv/training/photos
run=/srv/training/runs/${RUN:-$JOB}
mkdir -p "$run/done"

# The shell gets the signal that the pod is to end; Python has to, for it to save.
step() {
    echo "python -m training $*"
    python -m training "$@" &
    trap "kill -TERM $!; wait $!; exit 143" TERM
    wait $!
}

once() {
    mark=$run/done/$1
    shift
    [ -e "$mark" ] || step "$@"
    touch "$mark"
}

once data prepare --photos "$photos" --out "$run/data" --repository "$models"
once generator train phiz-64 --data "$run/data" --out "$run/generator"
once generator-128 train phiz-128 --data "$run/data" --out "$run/generator-128" --start "$run/generator"
once encoder train encoder --data "$run/data" --out "$run/encoder" --generator "$run/generator"
for part in generator generator-128 encoder; do
    kind=${part%-128}
    once "$part-figures" evaluate "$kind" --run "$run/$part" --data "$run/data" --generator "$run/generator"
    once "$part-export" export "$kind" --run "$run/$part" --generator "$run/generator"
done
once directions directions --run "$run/generator" --out "$run/directions" --repository "$models"
if [ "$into" != "$models" ] && [ ! -e "$run/done/copied-by-$JOB" ]; then
    rm -Rf "$into"
    cp -R "$models" "$into"
    touch "$run/done/copied-by-$JOB"
fi
# Servers take them once all are there.
for part in generator generator-128 encoder directions; do
    once "$part-published-by-$JOB" publish --run "$run/$part" --repository "$into"
done
