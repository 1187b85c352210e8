export interface ClusterLayout {
  readonly folder: string;
  readonly clusterId: string;
  readonly monitors: string;
  readonly gatewayPort: number;
  readonly capacityGiB: number;
}

/**
 * ceph.conf of a cluster of one: one copy of everything, pools made at once, and room given back a minute or two after
 * its object was deleted, where a large cluster takes its time.
 */
export function cephConf({ folder, clusterId, monitors, gatewayPort, capacityGiB }: ClusterLayout): string {
  return `[global]
fsid = ${clusterId}
mon host = ${monitors}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 8
osd pool default pg autoscale mode = off
run dir = ${folder}/run
admin socket = ${folder}/run/$name.asok
pid file = ${folder}/run/$name.pid
keyring = ${folder}/keyring
mon data = ${folder}/mon
osd data = ${folder}/osd
log to file = false
log to stderr = true
err to stderr = true
[client.admin]
log to stderr = false
[mon]
paxos propose interval = 0.05
[osd]
osd objectstore = bluestore
bluestore block size = ${capacityGiB * 1024 ** 3}
osd memory target = 1G
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw data = ${folder}/rgw
rgw gc obj min wait = 60
rgw gc processor period = 60
rgw gc processor max time = 60
`;
}
