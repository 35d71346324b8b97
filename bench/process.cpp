// SPDX-License-Identifier: Apache-2.0
// A child process that dies with this one: PR_SET_PDEATHSIG covers Ctrl-C and SIGKILL as well.
#include "process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <ctime>

namespace osier::bench {
namespace {

// In the child: nothing but system calls until exec.
[[noreturn]] void become(char* const* arguments, int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the call above
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvp(arguments[0], arguments);
  perror(arguments[0]);
  _exit(127);
}

// glibc 2.36 declares pidfd_open without C linkage.
int open_handle(pid_t child) { return static_cast<int>(syscall(SYS_pidfd_open, child, 0)); }

pid_t start(const std::vector<std::string>& command, const file& output) {
  std::vector<char*> arguments;
  // SAFETY: execvp takes char*, and writes nothing there.
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw_errno("fork");
  if (child == 0) become(arguments.data(), output.number(), parent);
  return child;
}

}  // namespace

process::process(const std::vector<std::string>& command)
    : output_(memfd_create("output", MFD_CLOEXEC), "memfd_create"),
      pid_(start(command, output_)),
      handle_(open_handle(pid_), "pidfd_open") {}

process::~process() {
  if (reaped_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

int process::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waitpid");
  }
  reaped_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string process::output() const {
  std::string text;
  char chunk[4096];
  while (true) {
    const auto offset = static_cast<off_t>(text.size());
    const auto count = pread(output_.number(), chunk, sizeof chunk, offset);
    if (count <= 0) return text;
    text.append(chunk, static_cast<std::size_t>(count));
  }
}

std::chrono::nanoseconds process::cpu_time() const {
  clockid_t clock;
  if (clock_getcpuclockid(pid_, &clock) != 0)
    throw std::runtime_error("the process has no CPU clock: it has ended");
  timespec time;
  if (clock_gettime(clock, &time) != 0) throw_errno("clock_gettime");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace osier::bench
