#include "traced_command.h"

#include <elf.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <set>
#include <system_error>

#include "call_trace.h"

namespace call_stopper {
namespace {

constexpr int kCannotStart = 127;
constexpr int kSyscallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD
constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
                          PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
                          PTRACE_O_EXITKILL;

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the registers of this architecture are unknown here"
#endif

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// The kernel decides which calls stop the command: all others run at full speed.
bool install_filter(const std::vector<const FileCall*>& calls) {
  std::vector<sock_filter> program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const FileCall* call : calls) {
    const auto number = static_cast<std::uint32_t>(call->number);
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

[[noreturn]] void become(const Orders& orders, char* const* command) {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(kCannotStart);
  std::raise(SIGSTOP);  // until the tracer has set its options
  if (!install_filter(orders.calls)) _exit(kCannotStart);
  execvp(command[0], command);
  std::perror(command[0]);
  _exit(kCannotStart);
}

// Makes the call that `thread` has begun return `error` without being executed.
void replace_by_error(pid_t thread, int error) {
#if defined(__x86_64__)
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) return;
  registers.orig_rax = ~0ULL;
  registers.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
  ptrace(PTRACE_SETREGS, thread, nullptr, &registers);
#else
  int none = -1;
  iovec number{&none, sizeof(none)};
  ptrace(PTRACE_SETREGSET, thread, NT_ARM_SYSTEM_CALL, &number);
  user_regs_struct registers{};
  iovec all{&registers, sizeof(registers)};
  if (ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &all) != 0) return;
  registers.regs[0] = static_cast<unsigned long long>(-static_cast<long long>(error));
  ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &all);
#endif
}

class Tracer {
 public:
  Tracer(const Orders& orders, pid_t first) : orders_(orders), first_(first), threads_{first} {}

  Outcome run() {
    while (!threads_.empty()) {
      int status = 0;
      const pid_t thread = waitpid(-1, &status, __WALL);
      if (thread < 0 && errno == EINTR) continue;
      if (thread < 0) break;
      if (WIFSTOPPED(status)) {
        threads_.insert(thread);  // a new one may stop before its parent tells of it
        resume(thread, deal_with(thread, status));
      } else {
        threads_.erase(thread);
        if (thread == first_) outcome_.exit_code = exit_code(status);
      }
    }
    return outcome_;
  }

 private:
  struct Resumption {
    int signal = 0;
    bool until_return = false;
  };

  static int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  Resumption deal_with(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_SECCOMP << 8))) return deal_with_call(thread);
    if (signal == kSyscallStop) {
      if (awaits_return_) kill_all();
      return {};
    }
    // Events of ptrace, and the stop that every new thread begins with, are not the command's.
    return {.signal = status >> 16 != 0 || signal == SIGSTOP ? 0 : signal};
  }

  Resumption deal_with_call(pid_t thread) {
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0) return {};
    const FileCall* const call = find_file_call(static_cast<long>(info.seccomp.nr));
    Arguments arguments{};
    std::copy(std::begin(info.seccomp.args), std::end(info.seccomp.args), arguments.begin());
    if (call == nullptr || !counts(thread, *call, arguments)) return {};
    ++outcome_.calls;
    if (orders_.trace >= 0) write_down(describe(thread, *call, arguments));
    return intervene(thread);
  }

  bool counts(pid_t thread, const FileCall& call, const Arguments& arguments) {
    started_ = started_ || orders_.from.empty() ||
               names_something_below(thread, call, arguments, orders_.from);
    return started_;
  }

  Resumption intervene(pid_t thread) {
    if (orders_.intervention == Intervention::kFailAlways && outcome_.calls > orders_.at) {
      replace_by_error(thread, orders_.error);
      return {};
    }
    if (outcome_.calls != orders_.at) return {};
    switch (orders_.intervention) {
      case Intervention::kNone:
        return {};
      case Intervention::kKillBefore:
        kill_all();
        return {};
      case Intervention::kKillAfter:
        awaits_return_ = true;
        return {.until_return = true};
      case Intervention::kSignal:
        kill(first_, orders_.signal);
        return {};
      case Intervention::kFailOnce:
      case Intervention::kFailAlways:
        replace_by_error(thread, orders_.error);
        return {};
    }
    return {};
  }

  void kill_all() {
    for (const pid_t thread : threads_) kill(thread, SIGKILL);
  }

  static void resume(pid_t thread, Resumption how) {
    // A thread that was killed meanwhile can't be resumed; waitpid tells of its end.
    ptrace(how.until_return ? PTRACE_SYSCALL : PTRACE_CONT, thread, nullptr, how.signal);
  }

  void write_down(const std::string& line) const {
    if (write(orders_.trace, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      fail("the trace cannot be written");
  }

  const Orders& orders_;
  pid_t first_;
  std::set<pid_t> threads_;
  Outcome outcome_;
  bool started_ = false;
  bool awaits_return_ = false;
};

}  // namespace

Outcome run_traced(const Orders& orders, char* const* command) {
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) become(orders, command);
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) fail("ptrace");
  if (ptrace(PTRACE_SETOPTIONS, child, nullptr, kOptions) != 0) fail("ptrace");
  if (ptrace(PTRACE_CONT, child, nullptr, 0) != 0) fail("ptrace");
  return Tracer(orders, child).run();
}

}  // namespace call_stopper
