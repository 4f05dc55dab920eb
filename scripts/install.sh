#!/bin/sh
# Installs, upgrades or removes Outpost as a service of systemd.
#
#   install.sh [install] [EXECUTABLE]   install, or upgrade in place; what does not start is rolled back
#   install.sh rollback                 go back to the executable before the last upgrade
#   install.sh uninstall [--purge]      remove it; with --purge also images, index and configuration
#
# Options: --root FOLDER works below a folder and starts nothing, as packagers want it.
#
# Run it as often as you like: what is in place stays, and configuration and data are never overwritten.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=
action=install
executable=
purge=no

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --root) [ $# -gt 1 ] || fail "--root needs a folder"; root=$(cd "$2" && pwd); shift ;;
    --purge) purge=yes ;;
    -h | --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    install | rollback | uninstall) action=$1 ;;
    -*) fail "no such option: $1 (see --help)" ;;
    *) executable=$1 ;;
  esac
  shift
done

# Below a folder nothing is started, unless whoever calls has a systemctl for it.
if [ -n "$root" ]; then systemctl=${OUTPOST_SYSTEMCTL:-true}; else systemctl=systemctl; fi
if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then fail "must be run as root"; fi

bin=$root/usr/local/bin/outpost
lib=$root/usr/local/lib/outpost
unit=$root/etc/systemd/system/outpost.service
config=$root/etc/outpost
state=$root/var/lib/outpost

# Makes $bin the executable $1 of $lib, in one step.
point_to() {
  ln -sfn "../lib/outpost/$1" "$bin.new"
  mv -fT "$bin.new" "$bin"
}

current() {
  if [ -L "$bin" ]; then basename "$(readlink "$bin")"; fi
}

find_executable() {
  name="outpost-linux-$(uname -m)"
  for candidate in "$here/$name" "$here/../dist/$name"; do
    if [ -f "$candidate" ]; then
      echo "$candidate"
      return
    fi
  done
  fail "no $name here: name the executable"
}

# Compares the digest of executable $1 with the one in SHA256SUMS beside it, if there is such a file.
check_digest() {
  sums=$(dirname "$1")/SHA256SUMS
  if [ -f "$sums" ] && ! grep -q "^$2  $(basename "$1")\$" "$sums"; then
    fail "$1 is not what SHA256SUMS says: it is damaged"
  fi
}

make_user() {
  [ -z "$root" ] || return 0
  if ! id outpost >/dev/null 2>&1; then
    useradd --system --user-group --no-create-home --home-dir /var/lib/outpost \
      --shell /usr/sbin/nologin outpost
  fi
  chown outpost:outpost "$state"
  chgrp -R outpost "$config"
}

make_configuration() {
  mkdir -p "$config" "$state"
  chmod 0750 "$config"
  chmod 0700 "$state"
  for file in "$config"/*.json; do
    if [ -e "$file" ]; then return 0; fi
  done
  cat >"$config/outpost.json" <<'JSON'
{
  // Options are those of Orthanc; `outpost check /etc/outpost` tells what is wrong with them, and
  // `systemctl reload outpost` has them read again.
  "Name": "Outpost",
  "StorageDirectory": "/var/lib/outpost"

  // Other machines may use HTTP only with this and a user (`outpost hash-password`):
  // , "RemoteAccessAllowed": true
  // , "RegisteredUsers": { "alice": "…" }
}
JSON
  chmod 0640 "$config/outpost.json"
}

# Copies the index, which a newer version may change for good, so that a rollback finds the old one.
keep_index() {
  rm -rf "$state/before-upgrade"
  for file in "$state"/outpost.sqlite*; do
    [ -e "$file" ] || continue
    mkdir -p "$state/before-upgrade"
    cp -p --reflink=auto "$file" "$state/before-upgrade/"
  done
}

restore_index() {
  [ -d "$state/before-upgrade" ] || return 0
  rm -f "$state"/outpost.sqlite*
  cp -p --reflink=auto "$state"/before-upgrade/outpost.sqlite* "$state/"
}

# Only what is in use, and what a rollback needs, stays.
forget_others() {
  for file in "$lib"/outpost-*; do
    case $(basename "$file") in
      "$1" | "$2") ;;
      *) rm -f "$file" ;;
    esac
  done
}

install_it() {
  [ -n "$executable" ] || executable=$(find_executable)
  [ -f "$executable" ] || fail "$executable is not there"
  digest=$(sha256sum "$executable" | cut -d ' ' -f 1)
  check_digest "$executable" "$digest"
  name="outpost-$(echo "$digest" | cut -c 1-16)"
  mkdir -p "$lib" "$(dirname "$bin")" "$(dirname "$unit")"
  if [ ! -f "$lib/$name" ]; then
    cp "$executable" "$lib/$name.new"
    chmod 0755 "$lib/$name.new"
    mv -f "$lib/$name.new" "$lib/$name"
  fi
  version=$("$lib/$name" --version) || fail "$executable does not run on this machine"
  make_configuration
  make_user
  "$lib/$name" check "$config" || fail "nothing was changed: $version does not accept the configuration"

  previous=$(current)
  if [ "$previous" = "$name" ] && cmp -s "$here/outpost.service" "$unit"; then
    echo "$version is installed already"
    $systemctl enable --now outpost.service
    return
  fi
  if [ -n "$previous" ]; then
    $systemctl stop outpost.service
    keep_index
    cp "$unit" "$lib/previous.service"
  fi
  if [ -n "$previous" ] && [ "$previous" != "$name" ]; then echo "$previous" >"$lib/previous"; fi
  cp "$here/outpost.service" "$unit"
  point_to "$name"
  $systemctl daemon-reload
  $systemctl enable outpost.service
  if $systemctl restart outpost.service; then
    echo "$version is installed"
    if [ -n "$previous" ]; then forget_others "$name" "$(cat "$lib/previous" 2>/dev/null || true)"; fi
    return
  fi
  [ -n "$previous" ] || fail "$version does not start: see journalctl -u outpost"
  roll_back_to "$previous"
  fail "$version does not start (see journalctl -u outpost): the previous one runs again"
}

roll_back_to() {
  $systemctl stop outpost.service || true
  restore_index
  if [ -f "$lib/previous.service" ]; then cp "$lib/previous.service" "$unit"; fi
  point_to "$1"
  $systemctl daemon-reload
  $systemctl restart outpost.service
}

# What was stored since the upgrade stays: the index is kept if the old version can read it.
roll_back() {
  previous=$(cat "$lib/previous" 2>/dev/null) || fail "there is no previous version"
  [ -x "$lib/$previous" ] || fail "the previous version is gone"
  now=$(current)
  $systemctl stop outpost.service
  point_to "$previous"
  if [ -f "$lib/previous.service" ]; then cp "$lib/previous.service" "$unit"; fi
  $systemctl daemon-reload
  if ! $systemctl restart outpost.service; then
    point_to "$now"
    $systemctl restart outpost.service || true
    fail "the previous version does not start with the index as it is now: see docs/OPERATIONS.md"
  fi
  echo "$now" >"$lib/previous"
  echo "$("$bin" --version) runs again"
}

uninstall() {
  $systemctl disable --now outpost.service 2>/dev/null || true
  rm -rf "$unit" "$bin" "$lib"
  $systemctl daemon-reload
  if [ "$purge" = yes ]; then
    rm -rf "$config" "$state"
    if [ -z "$root" ] && id outpost >/dev/null 2>&1; then userdel outpost; fi
    echo "Outpost is gone, with images and configuration"
  else
    echo "Outpost is gone; images stay in $state, the configuration in $config (see --purge)"
  fi
}

case $action in
  install) install_it ;;
  rollback) roll_back ;;
  uninstall) uninstall ;;
esac
