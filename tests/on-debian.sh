#!/bin/sh
# Passes the tests on another Debian, by hand, as administrator:  tests/on-debian.sh trixie  [arguments of pytest]
# The system is made once, in /var/tmp/docgen-debian; what is committed here is put in it anew each time, and ./run sets
# it up as on a new machine. The configuration and the certificates of apt and pip are those of this machine.
set -eu
suite=${1:?"usage: tests/on-debian.sh bookworm|trixie [arguments of pytest]"}
shift
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
root=${DOCGEN_CHROOTS:-/var/tmp/docgen-debian}/$suite
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

[ "$(id -u)" -eq 0 ] || { echo "À lancer en administrateur (chroot)." >&2; exit 3; }
command -v debootstrap >/dev/null || { echo "Il manque debootstrap : apt-get install debootstrap" >&2; exit 3; }

if [ ! -e "$root/etc/debian_version.made" ]; then
    debootstrap --variant=minbase --include=ca-certificates,procps "$suite" "$root" "$mirror"
    : >"$root/etc/debian_version.made"
fi
for file in /etc/resolv.conf /etc/pip.conf /etc/ssl/certs /usr/local/share/ca-certificates /etc/apt/apt.conf.d; do
    [ -e "$file" ] || continue
    rm -rf "$root$file"
    mkdir -p "$root$(dirname "$file")"
    cp -rL "$file" "$root$(dirname "$file")/"
done
rm -rf "$root/opt/docgen"
mkdir -p "$root/opt/docgen"
git -C "$here" archive HEAD | tar -x -C "$root/opt/docgen"

trap 'umount "$root/proc" "$root/dev" 2>/dev/null || true' EXIT INT TERM
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"
chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt DOCGEN_TOOLS=all /opt/docgen/run tests "$@"
