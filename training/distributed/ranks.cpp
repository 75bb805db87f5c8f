#include "training/distributed/ranks.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "core/error.h"
#include "core/installed.h"
#include "core/text.h"

namespace marquee::training {

namespace {

constexpr std::chrono::minutes kWaitForOthers{5};
constexpr size_t kFirstBucketBytes = 1 << 20, kBucketBytes = 25 << 20;

template <typename T>
using Pointer = c10::intrusive_ptr<T>;

bool is_loopback(const std::string& address) {
  return address == "localhost" || address.starts_with("127.") || address == "::1";
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// A socket that only this machine reaches; c10d would listen on every interface.
int loopback_socket(uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket, SOMAXCONN) != 0) {
    ::close(socket);
    throw Error(cat("MASTER_PORT ", port, " cannot be listened on; is it in use? Choose another"));
  }
  return socket;
}

Pointer<c10d::Store> meeting_point(const Place& place) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.timeout = kWaitForOthers;
  options.waitWorkers = false;
  // torchrun's own process keeps the store, also over restarts.
  options.isServer = place.rank == 0 && variable("TORCHELASTIC_USE_AGENT_STORE") != "True";
  if (options.isServer && is_loopback(place.address)) {
    options.masterListenFd = loopback_socket(place.port);
  }
  const auto store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
  return c10::make_intrusive<c10d::PrefixStore>("marquee/" + variable("TORCHELASTIC_RESTART_COUNT"),
                                                store);
}

Pointer<c10d::Backend> gloo(const Pointer<c10d::Store>& store, const Place& place) {
  auto options = c10d::ProcessGroupGloo::Options::create(kWaitForOthers);
  const std::string interface = variable("GLOO_SOCKET_IFNAME");
  options->devices.push_back(
      !interface.empty()           ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
      : is_loopback(place.address) ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                   : c10d::ProcessGroupGloo::createDefaultDevice());
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, static_cast<int>(place.rank),
                                                     static_cast<int>(place.size), options);
}

// Gradients of GPUs.
Pointer<c10d::Backend> nccl(const Pointer<c10d::Store>& store, const Place& place) {
  const auto file = program_file("libmarquee_nccl.so");
  void* const module = file ? dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
  using Make = void(const Pointer<c10d::Store>&, int, int, Pointer<c10d::Backend>&);
  auto* const make =
      module == nullptr ? nullptr : reinterpret_cast<Make*>(dlsym(module, "marquee_make_nccl"));
  if (make == nullptr) {
    throw Error(cat("--device cuda with WORLD_SIZE ", place.size, ": this build has no NCCL; ",
                    "build it where nccl.h is, or use --device cpu"));
  }
  c10::impl::VirtualGuardImpl(at::kCUDA).setDevice(
      {at::kCUDA, static_cast<c10::DeviceIndex>(place.local_rank)});
  Pointer<c10d::Backend> made;
  make(store, static_cast<int>(place.rank), static_cast<int>(place.size), made);
  return made;
}

// What c10d throws when another rank has ended or does not answer.
template <typename Call>
auto with_others(const Place& place, const Call& call) {
  try {
    return call();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw system_error(
        cat("rank ", place.rank, " of ", place.size, ": another rank ended or does not answer: ",
            split(e.what(), '\n').front(), "; start all of them again with --resume"));
  }
}

}  // namespace

namespace {

// c10d warns that it looks for parameters without a part in the loss, where there are none.
class Silence : public c10::WarningHandler {
  void process(const c10::Warning& /*warning*/) override {}
};

}  // namespace

struct Ranks::Groups {
  Pointer<c10d::ProcessGroup> all;
  std::unique_ptr<c10d::Reducer> reducer;  // made by exchange_gradients_of()
};

Ranks::Ranks(const Place& place, const std::string& device)
    : place_(place), groups_(std::make_unique<Groups>()) {
  with_others(place, [&] {
    const auto store = meeting_point(place);
    groups_->all = c10::make_intrusive<c10d::ProcessGroup>(store, static_cast<int>(place.rank),
                                                           static_cast<int>(place.size));
    using Type = c10d::ProcessGroup::BackendType;
    groups_->all->setBackend(at::kCPU, Type::GLOO, gloo(store, place));
    groups_->all->setDefaultBackend(Type::GLOO);
    if (device == "cuda") groups_->all->setBackend(at::kCUDA, Type::NCCL, nccl(store, place));
  });
}

Ranks::~Ranks() = default;

void Ranks::sum(const at::Tensor& values) {
  with_others(place_, [&] {
    std::vector<at::Tensor> tensors = {values};
    groups_->all->allreduce(tensors)->wait();
  });
}

bool Ranks::any(bool here) {
  const at::Tensor count = at::full({1}, here ? 1 : 0, at::kLong);
  sum(count);
  return count.item<int64_t>() > 0;
}

std::vector<at::Tensor> Ranks::gather(const at::Tensor& value) {
  std::vector<std::vector<at::Tensor>> gathered(1);
  for (int64_t i = 0; i < size(); ++i) gathered[0].push_back(at::empty_like(value));
  with_others(place_, [&] {
    std::vector<at::Tensor> mine = {value};
    groups_->all->allgather(gathered, mine)->wait();
  });
  return gathered[0];
}

void Ranks::wait_for_all() {
  with_others(place_, [&] { groups_->all->barrier()->wait(); });
}

void Ranks::exchange_gradients_of(const std::vector<at::Tensor>& parameters) {
  with_others(place_, [&] {
    auto [buckets, limits] =
        c10d::compute_bucket_assignment_by_size(parameters, {kFirstBucketBytes, kBucketBytes});
    std::reverse(buckets.begin(), buckets.end());  // gradients come from the last to the first
    groups_->reducer = std::make_unique<c10d::Reducer>(
        parameters, std::move(buckets), groups_->all, std::vector<bool>(parameters.size(), false),
        static_cast<int64_t>(kBucketBytes), /*find_unused_parameters=*/true,
        /*gradient_as_bucket_view=*/false, std::unordered_map<size_t, std::string>(),
        static_cast<int64_t>(kFirstBucketBytes), /*skip_all_reduce_unused_params=*/false,
        /*use_python_reducer=*/false, std::vector<int64_t>());
  });
}

void Ranks::backward(const at::Tensor& loss) {
  with_others(place_, [&] {
    Silence silence;
    const c10::WarningUtils::WarningHandlerGuard guard(&silence);
    groups_->reducer->prepare_for_forward();
    groups_->reducer->prepare_for_backward({loss});
    (loss * static_cast<double>(size())).backward();  // it divides by their number
  });
}

}  // namespace marquee::training
