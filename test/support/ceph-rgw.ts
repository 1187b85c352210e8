export { cephInstalled, startCephRgw } from '../../scripts/services/ceph-rgw.js';
export type { CephRgw, CephRgwOptions } from '../../scripts/services/ceph-rgw.js';
