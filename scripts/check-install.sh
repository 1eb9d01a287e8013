#!/bin/sh
# Installs a release in a fresh Debian root, as on a card, brings it up to date, runs it and takes it away again:
#
#   sudo scripts/check-install.sh RELEASE.tar.xz NODE.tar.gz [SUITE]     SUITE: bookworm (the default), trixie
#
# The root is made by mmdebstrap (apt-get install mmdebstrap), has neither Node nor a compiler, and is removed at the end.
# NODE is an archive of Node for this machine. It fails where anything is left outside the places that install.sh names.
set -eu

release=${1:?give a release: xnorcam-…-linux-x64.tar.xz}
node=${2:?give an archive of Node for this machine}
suite=${3:-bookworm}
work=$(mktemp -d)
root=$work/root
trap 'rm -rf "$work"' EXIT

say() { echo "check-install: $*"; }
fail() { echo "check-install: $*" >&2; exit 1; }
inside() { unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
files() { (cd "$root" && find . -xdev ! -path './proc/*' ! -path './tmp/*' ! -path './dev/*' | sort); }

[ "$(id -u)" = 0 ] || fail "run it as root: sudo $0"
say "making a root of Debian $suite"
mmdebstrap --quiet --variant=minbase --include=libatomic1,systemd "$suite" "$root"
inside /bin/sh -c '! command -v node && ! command -v cc' > /dev/null || fail "the root has Node or a compiler: nothing would be proven"
mkdir "$root/tmp/release"
tar -xf "$release" -C "$root/tmp/release" --strip-components=1
cp "$node" "$root/tmp/node.tar.gz"
sum=$(sha256sum "$node" | cut -d' ' -f1)

files > "$work/before"
install() { inside /tmp/release/scripts/install.sh "$@"; }
if install > "$work/refusal" 2>&1; then fail "it installed without any Node"; fi
grep -q -- --node "$work/refusal" || fail "without Node it says: $(cat "$work/refusal")"
if install --node /tmp/node.tar.gz --node-sha256 0 > /dev/null 2>&1; then fail "it took a wrong checksum"; fi
say "installing"
install --node /tmp/node.tar.gz --node-sha256 "$sum"
files > "$work/first"
echo '# changed by its owner' >> "$root/etc/xnorcam/xnorcam.toml"
say "bringing it up to date"
install
files > "$work/second"
cmp -s "$work/first" "$work/second" || fail "the second time changed which files there are: $(diff "$work/first" "$work/second" | head -3)"
grep -q 'changed by its owner' "$root/etc/xnorcam/xnorcam.toml" || fail "it overwrote the settings"

say "watching the demo for ten seconds"
inside su -s /bin/sh xnorcam -c 'timeout --preserve-status 10 /usr/local/bin/xnorcam run --port 0 --replay /opt/xnorcam/test/fixtures/demo > /tmp/run.log 2>&1' || true
grep -q 'is watching' "$root/tmp/run.log" || fail "it does not run: $(cat "$root/tmp/run.log")"
say "$(grep -o '"msg":"[^"]*kernels"' "$root/tmp/run.log" | cut -d'"' -f4)"

inside /opt/xnorcam/scripts/install.sh --uninstall --purge
files > "$work/after"
left=$(comm -13 "$work/before" "$work/after" | grep -v -E '^\./(etc/(passwd|group|shadow|gshadow)-|var/(log|cache)/)' || true)
[ -z "$left" ] || fail "left behind: $left"
say "fine: installed, updated, run and removed on Debian $suite"
