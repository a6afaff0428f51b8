//! The system calls that a live capture makes; all others fail with `EPERM`, so that one missing here is an error in a log rather
//! than the end of the process.

use std::env::consts::ARCH;
use std::io;

use libc as c;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// What every architecture has.
const USED: &[c::c_long] = &[
    // Files: the output, the configuration, key logs, what the system says of interfaces and of the process.
    c::SYS_read,
    c::SYS_write,
    c::SYS_readv,
    c::SYS_writev,
    c::SYS_pread64,
    c::SYS_pwrite64,
    c::SYS_openat,
    c::SYS_close,
    c::SYS_fstat,
    c::SYS_newfstatat,
    c::SYS_statx,
    c::SYS_lseek,
    c::SYS_getdents64,
    c::SYS_readlinkat,
    c::SYS_faccessat,
    c::SYS_faccessat2,
    c::SYS_fcntl,
    c::SYS_dup,
    c::SYS_ioctl,
    c::SYS_ftruncate,
    c::SYS_fallocate,
    c::SYS_fsync,
    c::SYS_fdatasync,
    c::SYS_flock,
    c::SYS_renameat2,
    c::SYS_unlinkat,
    c::SYS_mkdirat,
    c::SYS_fchmod,
    c::SYS_fchown,
    c::SYS_umask,
    c::SYS_getcwd,
    // Sockets: rings, and HTTP.
    c::SYS_socket,
    c::SYS_socketpair,
    c::SYS_bind,
    c::SYS_listen,
    c::SYS_accept4,
    c::SYS_connect,
    c::SYS_getsockname,
    c::SYS_getpeername,
    c::SYS_getsockopt,
    c::SYS_setsockopt,
    c::SYS_sendto,
    c::SYS_recvfrom,
    c::SYS_sendmsg,
    c::SYS_recvmsg,
    c::SYS_sendmmsg,
    c::SYS_recvmmsg,
    c::SYS_shutdown,
    // Waiting, and time.
    c::SYS_ppoll,
    c::SYS_epoll_create1,
    c::SYS_epoll_ctl,
    c::SYS_epoll_pwait,
    c::SYS_epoll_pwait2,
    c::SYS_eventfd2,
    c::SYS_pipe2,
    c::SYS_futex,
    c::SYS_nanosleep,
    c::SYS_clock_nanosleep,
    c::SYS_clock_gettime,
    c::SYS_clock_getres,
    c::SYS_gettimeofday,
    c::SYS_timerfd_create,
    c::SYS_timerfd_settime,
    c::SYS_restart_syscall,
    // Memory.
    c::SYS_mmap,
    c::SYS_munmap,
    c::SYS_mprotect,
    c::SYS_mremap,
    c::SYS_madvise,
    c::SYS_brk,
    c::SYS_membarrier,
    // Threads and signals.
    c::SYS_clone,
    c::SYS_clone3,
    c::SYS_set_robust_list,
    c::SYS_get_robust_list,
    c::SYS_rseq,
    c::SYS_set_tid_address,
    c::SYS_gettid,
    c::SYS_getpid,
    c::SYS_tgkill,
    c::SYS_exit,
    c::SYS_exit_group,
    c::SYS_sched_yield,
    c::SYS_sched_getaffinity,
    c::SYS_rt_sigaction,
    c::SYS_rt_sigprocmask,
    c::SYS_rt_sigreturn,
    c::SYS_sigaltstack,
    c::SYS_prctl,
    // What the process is and may.
    c::SYS_getuid,
    c::SYS_geteuid,
    c::SYS_getgid,
    c::SYS_getegid,
    c::SYS_uname,
    c::SYS_sysinfo,
    c::SYS_prlimit64,
    c::SYS_getrusage,
    c::SYS_getrandom,
    // The maps of the filter.
    c::SYS_bpf,
];

/// What only older architectures have.
#[cfg(target_arch = "x86_64")]
const USED_HERE: &[c::c_long] = &[
    c::SYS_open,
    c::SYS_stat,
    c::SYS_lstat,
    c::SYS_access,
    c::SYS_readlink,
    c::SYS_rename,
    c::SYS_unlink,
    c::SYS_mkdir,
    c::SYS_poll,
    c::SYS_epoll_wait,
    c::SYS_getrlimit,
    c::SYS_arch_prctl,
    c::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const USED_HERE: &[c::c_long] = &[];

/// Has all other system calls of this thread, and of those it starts, fail.
pub(super) fn allow_only_used() -> io::Result<()> {
    let rules = USED.iter().chain(USED_HERE).map(|call| (*call, Vec::new()));
    let failed = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
    let arch = TargetArch::try_from(ARCH).map_err(|error| failed(&error))?;
    let denied = SeccompAction::Errno(c::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules.collect(), denied, SeccompAction::Allow, arch);
    let program = filter.and_then(BpfProgram::try_from);
    let program = program.map_err(|error| failed(&error))?;
    seccompiler::apply_filter(&program).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a thread of its own: nothing else is to be restricted.
    #[test]
    fn what_is_not_used_fails() {
        let restricted = std::thread::spawn(|| {
            rustix::thread::set_no_new_privs(true)?;
            allow_only_used()?;
            let denied = rustix::thread::set_thread_groups(&[]);
            let allowed = std::fs::read_to_string("/proc/self/net/dev");
            Ok::<_, io::Error>((denied, allowed.is_ok()))
        });
        let (denied, allowed) = restricted
            .join()
            .expect("it does not panic")
            .expect("it is allowed to");
        assert_eq!(denied, Err(rustix::io::Errno::PERM));
        assert!(allowed);
    }
}
