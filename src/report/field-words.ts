const fields: Record<string, string> = {
  architecture: 'architecture',
  cpuVendor: 'CPU vendor',
  cpuModel: 'CPU model',
  cpuFamily: 'CPU family',
  cpuModelNumber: 'CPU model number',
  cpuStepping: 'CPU stepping',
  microcode: 'microcode',
  cpuCount: 'CPUs',
  hypervisor: 'hypervisor',
  clocksource: 'clocksource',
  smt: 'SMT',
  kernelRelease: 'kernel release',
  kernelVersion: 'kernel version',
  kernelCommandLine: 'kernel command line',
  kernelConfigHash: 'kernel config hash',
  preemption: 'preemption',
  seccompMode: 'seccomp mode',
  seccompFilters: 'seccomp filters',
  securityModules: 'security modules',
  libc: 'libc',
  container: 'container',
  scheduler: 'scheduler',
  cgroupDepth: 'cgroup depth',
  loopbackMtu: 'loopback MTU',
  tcpBuffers: 'TCP buffers',
  probeUid: 'probe uid',
};

/**
 * @param field a field of a run as reports name it: `kernelRelease`, `vulnerabilities.mds`, or
 * `target.image` for a fact from the target's tools
 */
export const fieldName = (field: string): string =>
  fields[field] ?? field.replace(/^vulnerabilities\./, 'mitigation of ').replace(/^target\./, '');
