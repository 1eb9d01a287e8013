#!/bin/sh
# Installs Xnorcam as a service on Raspberry Pi OS and Debian, Bookworm or later, or brings an installed one up to
# date. Run it as root from an unpacked release:
#
#   sudo scripts/install.sh [--node FILE|ADDRESS --node-sha256 SUM]
#   sudo /opt/xnorcam/scripts/install.sh --uninstall [--purge]
#
# --node is an archive of Node (node-v22…-linux-armv6l.tar.gz), wanted where the system has no Node 20.19 or later.
# It writes to /opt/xnorcam, /etc/xnorcam, /var/lib/xnorcam, /usr/local/bin/xnorcam, one unit and one tmpfiles
# fragment; --uninstall takes away all but settings and data, --purge those, too. Doing it twice changes nothing more.
set -eu

name=xnorcam
program=/opt/xnorcam
settings=/etc/xnorcam
data=/var/lib/xnorcam
command=/usr/local/bin/xnorcam
unit=/etc/systemd/system/xnorcam.service
tmpfiles=/etc/tmpfiles.d/xnorcam.conf

say() { echo "xnorcam: $*"; }
fail() { echo "xnorcam: $*" >&2; exit 1; }

main() {
  uninstall= purge= node= node_sha256=
  while [ $# -gt 0 ]; do
    case $1 in
      --uninstall) uninstall=1 ;;
      --purge) purge=1 ;;
      --node) node=${2:?--node needs a file or an address}; shift ;;
      --node-sha256) node_sha256=${2:?--node-sha256 needs a checksum}; shift ;;
      *) fail "there is no option $1; it knows --node, --node-sha256, --uninstall and --purge" ;;
    esac
    shift
  done
  [ "$(id -u)" = 0 ] || fail "run it as root: sudo $0"
  if [ -n "$uninstall" ]; then uninstall; else install_all; fi
}

install_all() {
  release=$(cd "$(dirname "$0")/.." && pwd)
  [ -f "$release/dist/cli/index.js" ] || fail "$release is no release: dist/cli/index.js is missing; run \"npm run build\""
  [ -d "$release/node_modules/sharp" ] || fail "$release is no release: its packages are missing; run \"npm ci --omit=dev\""
  make_user
  place_program
  place_settings
  install -D -m 644 "$release/systemd/tmpfiles.conf" "$tmpfiles"
  install -D -m 644 "$release/systemd/xnorcam.service" "$unit"
  if has_systemd; then
    systemctl daemon-reload
    systemctl enable --quiet "$name"
    systemctl restart --no-block "$name"
    say "installed; \"systemctl status xnorcam\" shows how it does, \"xnorcam doctor\" what it lacks"
  else
    # In an image that is being made: it starts with the first boot.
    mkdir -p /etc/systemd/system/multi-user.target.wants
    ln -sf "$unit" /etc/systemd/system/multi-user.target.wants/xnorcam.service
    say "installed; it starts with the next boot"
  fi
}

make_user() {
  for group in video gpio; do getent group $group > /dev/null || groupadd --system $group; done
  getent passwd $name > /dev/null ||
    useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin $name
  usermod --append --groups video,gpio $name
  install -d -m 750 -o $name -g $name "$data"
}

# The whole program beside the old one, then in its place: a power cut in between leaves one that works.
place_program() {
  rm -rf "$program.new"
  mkdir -p "$program.new/bin"
  for part in README.md LICENSE docs dist web models scripts systemd node_modules package.json test/fixtures/demo; do
    [ -e "$release/$part" ] || continue
    mkdir -p "$(dirname "$program.new/$part")"
    cp -RL "$release/$part" "$program.new/$part"
  done
  place_node
  chown -R root:root "$program.new"
  chmod -R go=rX "$program.new"
  rm -rf "$program.old"
  if [ -d "$program" ]; then mv "$program" "$program.old"; fi
  mv "$program.new" "$program"
  rm -rf "$program.old"
  printf '#!/bin/sh\nexport XNORCAM_CONFIG="${XNORCAM_CONFIG-%s}" XNORCAM_DATA_DIR="${XNORCAM_DATA_DIR-%s}"\nexec %s/bin/node %s/dist/cli/index.js "$@"\n' \
    "$settings/xnorcam.toml" "$data" "$program" "$program" > "$command.new"
  chmod 755 "$command.new"
  mv "$command.new" "$command"
}

place_node() {
  if [ -n "$node" ]; then
    [ -n "$node_sha256" ] || fail "--node needs --node-sha256, the checksum of the archive (SHASUMS256.txt beside it lists it)"
    archive=$node
    case $node in
      https://*) archive=$(mktemp); curl --fail --silent --show-error --location --output "$archive" "$node" ;;
    esac
    [ -f "$archive" ] || fail "there is no file $node"
    [ "$(sha256sum "$archive" | cut -d' ' -f1)" = "$node_sha256" ] || fail "$node does not have the checksum $node_sha256"
    tar -xf "$archive" -C "$program.new" --strip-components=1 --wildcards '*/bin/node'
    [ "$archive" = "$node" ] || rm -f "$archive"
  elif [ -x "$program/bin/node" ] && [ ! -L "$program/bin/node" ]; then
    cp "$program/bin/node" "$program.new/bin/node"
  else
    found=$(command -v node) || fail "there is no Node: give it with --node and --node-sha256 (ARMv6: unofficial-builds.nodejs.org, at most Node 22)"
    ln -s "$(readlink -f "$found")" "$program.new/bin/node"
  fi
  "$program.new/bin/node" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
    fail "Node must be 20.19 or later, and run on this machine"
}

# The settings page writes them, so they belong to the program.
place_settings() {
  install -d -m 755 -o $name -g $name "$settings"
  [ -f "$settings/xnorcam.toml" ] || install -m 644 "$release/systemd/xnorcam.toml" "$settings/xnorcam.toml"
  chown $name:$name "$settings/xnorcam.toml"
}

uninstall() {
  if has_systemd; then systemctl disable --quiet --now "$name" 2> /dev/null || true; fi
  rm -f "$unit" "$tmpfiles" "$command" /etc/systemd/system/multi-user.target.wants/xnorcam.service
  if has_systemd; then systemctl daemon-reload; fi
  rm -rf "$program" "$program.new" "$program.old"
  if [ -z "$purge" ]; then
    say "removed; settings are still in $settings, data in $data"
    return
  fi
  rm -rf "$settings" "$data"
  if getent passwd $name > /dev/null; then userdel $name; fi
  say "removed, with settings and data"
}

has_systemd() { [ -d /run/systemd/system ]; }

main "$@"
