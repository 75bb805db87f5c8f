#include "serving/bundle_check.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>
#include <thread>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/self_process.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

constexpr auto kTime = std::chrono::minutes(2);
constexpr rlim_t kProcessorSeconds = 60;
constexpr int64_t kAddressesOfLibraries = int64_t{8} << 30;  // mapped, mostly never touched

// Both ends of a pipe, closed with it.
struct Pipe {
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw errno_error("cannot make a pipe");
  }
  ~Pipe() {
    for (const int end : ends) close(end);
  }
  std::array<int, 2> ends{};
};

// Waits for the check and keeps the end of what it prints; kills it when its time is up.
std::string output_of(SelfProcess& check, const Pipe& output) {
  const auto until = std::chrono::steady_clock::now() + kTime;
  std::string text;
  while (true) {
    const bool ended = check.ended();
    std::array<char, 4096> buffer;
    for (ssize_t count; (count = read(output.ends[0], buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<size_t>(count));
      if (text.size() > 2 * buffer.size()) text.erase(0, text.size() - buffer.size());
    }
    if (ended) return text;
    if (std::chrono::steady_clock::now() > until) check.send(SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// Reads the last line of a check.
int64_t memory_in(std::string_view output, const std::string& bundle) {
  const std::string_view line =
      trim(output.substr(output.find_last_of('\n', output.size() - 2) + 1));
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("memory_bytes") ||
      !json["memory_bytes"].is_number_integer()) {
    throw artefact_error(cat("loading ", bundle, " ended without a result"));
  }
  return json["memory_bytes"].get<int64_t>();
}

// From here on no thread of this process can open a socket. io_uring, the other way to open one, is
// closed as well, and so is x32, whose calls have other numbers.
void forbid_network() {
  constexpr uint32_t kX32 = 0x40000000;
  constexpr auto call = static_cast<uint32_t>(offsetof(seccomp_data, nr));
  std::array<sock_filter, 6> filter = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, call),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
  }};
  const sock_fprog program = {filter.size(), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
    log::warn(cat("this kernel lets a check open sockets: ", std::strerror(errno)));
  }
}

}  // namespace

int64_t check_in_child(const std::filesystem::path& bundle) {
  const Pipe output;
  SelfProcess check({"check", "--bundle", bundle.string(), "--quiet", "--json"},
                    {.descriptor = output.ends[1]});
  const std::string text = output_of(check, output);
  if (WIFSIGNALED(check.status())) {
    throw artefact_error(cat("loading ", bundle.string(), " ended a process by signal ",
                             WTERMSIG(check.status()), ": it is damaged, or not to be trusted"));
  }
  if (WEXITSTATUS(check.status()) == 0) return memory_in(text, bundle.string());
  const std::string reason(trim(text));
  throw artefact_error(reason.empty() ? cat("loading ", bundle.string(), " failed") : reason);
}

void require_memory(const std::filesystem::path& bundle, int64_t needed, int64_t available) {
  if (available == 0 || needed <= available) return;
  throw Error(cat(bundle.string(), " needs ", human_bytes(static_cast<double>(needed)),
                  " besides the model that serves, but only ",
                  human_bytes(static_cast<double>(available)), " are free"));
}

void limit_this_process() {
  const auto limit = [](auto resource, rlim_t most) {
    const rlimit wanted = {most, most};
    if (setrlimit(resource, &wanted) != 0) throw errno_error("cannot limit this process");
  };
  limit(RLIMIT_CPU, kProcessorSeconds);
  limit(RLIMIT_CORE, 0);
  forbid_network();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which map more than there is
  const int64_t available = available_memory();
  if (available > 0) limit(RLIMIT_AS, static_cast<rlim_t>(available + kAddressesOfLibraries));
#endif
}

}  // namespace marquee::serving
