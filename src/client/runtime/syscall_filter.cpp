#include "client/runtime/syscall_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

// Sanitizers look for leaks from a process of their own, which traces this one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PAI_SANITIZED 1
#else
#define PAI_SANITIZED 0
#endif

namespace pai::client {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

// 0x40000000 marks x32's numbers on x86-64: other ways to the same calls.
constexpr std::uint32_t kNumbersEnd = 0x40000000;

/// No computation runs programs, traces, mounts, loads code into the kernel, or changes the machine.
constexpr long kForbidden[] = {
    SYS_execve, SYS_execveat,
#if !PAI_SANITIZED
    SYS_ptrace,
#endif
    SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd, SYS_process_madvise,
    SYS_pidfd_send_signal, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
    SYS_mount_setattr, SYS_chroot, SYS_setns, SYS_unshare, SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_quotactl,
    SYS_keyctl, SYS_add_key, SYS_request_key,
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_syslog, SYS_vhangup, SYS_personality, SYS_sethostname, SYS_setdomainname,
    SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime,
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid, SYS_setgroups,
    SYS_capset,
    // Landlock does not govern these, whose owner is also the node's.
    SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr,
    SYS_fremovexattr, SYS_setpriority, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_ioprio_set,
#ifdef SYS_fchmodat2
    SYS_fchmodat2,
#endif
    SYS_mknodat, SYS_fanotify_init, SYS_lookup_dcookie,
#ifdef __x86_64__
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_mknod, SYS_uselib, SYS_ustat, SYS_sysfs,
#if !PAI_SANITIZED
    SYS_fork, SYS_vfork,
#endif
#endif
};

/// Families that name resolution and the channel use. Not AF_UNIX: the node's control socket answers this user, and who took a
/// client over could grant itself what it likes. Name resolution does without its caching daemons.
constexpr std::uint32_t kFamilies[] = {AF_INET, AF_INET6, AF_NETLINK};

class Program {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void load_number() { load(offsetof(seccomp_data, nr)); }
  /// The lower half, which all arguments asked about fit into.
  void load_argument(int index) { load(offsetof(seccomp_data, args) + static_cast<std::size_t>(index) * sizeof(std::uint64_t)); }
  void give(std::uint32_t action) { add(BPF_RET | BPF_K, action); }
  void deny() { give(SECCOMP_RET_ERRNO | EPERM); }
  void allow() { give(SECCOMP_RET_ALLOW); }
  /// Skips so many instructions unless the loaded word fits.
  void unless_equal(std::uint32_t value, std::uint8_t skip) { jump(BPF_JEQ, value, 0, skip); }
  void if_equal(std::uint32_t value, std::uint8_t skip) { jump(BPF_JEQ, value, skip, 0); }
  void unless_any_bit(std::uint32_t bits, std::uint8_t skip) { jump(BPF_JSET, bits, 0, skip); }
  void if_any_bit(std::uint32_t bits, std::uint8_t skip) { jump(BPF_JSET, bits, skip, 0); }
  void unless_at_least(std::uint32_t value, std::uint8_t skip) { jump(BPF_JGE, value, 0, skip); }

  std::vector<sock_filter>& instructions() { return instructions_; }

 private:
  void add(int code, std::uint32_t value) { instructions_.push_back({static_cast<std::uint16_t>(code), 0, 0, value}); }
  void jump(int test, std::uint32_t value, std::uint8_t on_true, std::uint8_t on_false) {
    instructions_.push_back({static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), on_true, on_false, value});
  }
  std::vector<sock_filter> instructions_;
};

/// A signal to this process only: `kill` and `tgkill` name one first.
void own_signals_only(Program& program, long number, std::uint32_t self) {
  program.unless_equal(static_cast<std::uint32_t>(number), 4);
  program.load_argument(0);
  program.if_equal(self, 1);
  program.deny();
  program.allow();
}

Program make_program(std::uint32_t self) {
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.if_equal(kArchitecture, 1);
  program.give(SECCOMP_RET_KILL_PROCESS);
  program.load_number();
  program.unless_at_least(kNumbersEnd, 1);
  program.deny();
  for (const long number : kForbidden) {
    program.unless_equal(static_cast<std::uint32_t>(number), 1);
    program.deny();
  }
  // Its flags lie in memory, where no filter can look: the C library falls back to clone.
  program.unless_equal(SYS_clone3, 1);
  program.give(SECCOMP_RET_ERRNO | ENOSYS);
#if !PAI_SANITIZED
  // Threads, but no processes, and no namespaces.
  constexpr std::uint32_t kNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
  program.unless_equal(SYS_clone, 5);
  program.load_argument(0);
  program.unless_any_bit(CLONE_THREAD, 1);
  program.unless_any_bit(kNamespaces, 1);
  program.deny();
  program.allow();
#endif
  program.unless_equal(SYS_socket, static_cast<std::uint8_t>(std::size(kFamilies) * 2 + 2));
  program.load_argument(0);
  for (const std::uint32_t family : kFamilies) {
    program.unless_equal(family, 1);
    program.allow();
  }
  program.deny();
  // Limits of this process only, by its number or by 0.
  program.unless_equal(SYS_prlimit64, 5);
  program.load_argument(0);
  program.if_equal(self, 2);
  program.if_equal(0, 1);
  program.deny();
  program.allow();
#if !PAI_SANITIZED
  // Its memory stays unreadable to others of its user.
  program.unless_equal(SYS_prctl, 4);
  program.load_argument(0);
  program.unless_equal(PR_SET_DUMPABLE, 1);
  program.deny();
  program.allow();
#endif
  own_signals_only(program, SYS_kill, self);
  own_signals_only(program, SYS_tgkill, self);
  program.unless_equal(SYS_tkill, 1);
  program.deny();
  program.allow();
  return program;
}

}  // namespace

Result<bool> filter_system_calls() {
  if (kArchitecture == 0) return false;
  Program program = make_program(static_cast<std::uint32_t>(::getpid()));
  sock_fprog filter{static_cast<unsigned short>(program.instructions().size()), program.instructions().data()};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0) return true;
  // A service manager's filter may forbid that call and leave the older one, which binds the caller's thread: the only one.
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0) return true;
  if (errno == ENOSYS || errno == EINVAL) return false;  // a kernel without it
  return errno_error("cannot filter this process's system calls", errno);
}

}  // namespace pai::client
