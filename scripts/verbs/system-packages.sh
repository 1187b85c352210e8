#!/bin/sh
# What a machine can have besides Node: `npm test` then runs the same contracts on it too. Debian and Ubuntu; quick when all
# is there. Nothing is started: the tests start their own servers in their own folders.
set -eu

# command=package, or a file that it brings
wanted='
redis-server=redis-server
age=age
rclone=rclone
ewfacquire=ewf-tools
ewfverify=ewf-tools
faketime=faketime
ceph=ceph-common
ceph-mon=ceph-mon
ceph-osd=ceph-osd
radosgw=radosgw
psql=postgresql-client
pgbench=postgresql
chromium=chromium
strace=strace
openssl=openssl
curl=curl
python3=python3
go=golang-go
/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog=golang-golang-x-mod-dev
'

# pgbench comes with the server's package; /usr/bin/pgbench alone may be a wrapper that finds nothing to run.
have() {
  case $1 in
    pgbench) pgbench --version >/dev/null 2>&1 ;;
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

PATH=$PATH:/usr/sbin:/sbin
packages=''
for pair in $wanted; do
  have "${pair%%=*}" && continue
  case " $packages " in *" ${pair#*=} "*) ;; *) packages="$packages ${pair#*=}" ;; esac
done
if [ -z "$packages" ]; then
  echo 'system packages: all there'
  exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
  echo "system packages: no apt-get here; missing:$packages" >&2
  exit 1
fi
as_root=''
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "system packages: neither root nor sudo; missing:$packages" >&2
    exit 1
  fi
  as_root=sudo
fi

# A policy of "nothing may start" holds while packages are installed, unless the machine has a policy of its own; and
# PostgreSQL's package makes no cluster. Both are withdrawn at the end.
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/amana-none.conf
made_policy=''
withdraw() {
  [ -z "$made_policy" ] || $as_root rm -f "$policy"
  $as_root rm -f "$cluster"
}
trap withdraw EXIT
trap 'exit 1' HUP INT TERM
if [ ! -e "$policy" ]; then
  made_policy=yes
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
fi
$as_root mkdir -p "${cluster%/*}"
echo 'create_main_cluster = false' | $as_root tee "$cluster" >/dev/null

echo "system packages: installing$packages"
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"; }
apt update
# shellcheck disable=SC2086 # one word a package
apt install -y --no-install-recommends $packages >/dev/null

for pair in $wanted; do
  have "${pair%%=*}" || { echo "system packages: ${pair%%=*} is still missing after installing ${pair#*=}" >&2; exit 1; }
done
echo 'system packages: all there now'
