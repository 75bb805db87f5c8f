#include "cli/tenants.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "serving/store/redis_address.h"

namespace marquee::cli {

namespace {

constexpr size_t kMaxNameBytes = 32;

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kMaxNameBytes && fits(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return fits(c) || c == '-'; });
}

// The name before the first '=', if that could be one.
std::optional<std::string> name_in(const std::string& value) {
  const std::string name = value.substr(0, value.find('='));
  return name.size() < value.size() && is_name(name) ? std::optional(name) : std::nullopt;
}

std::string without_name(const std::string& value) { return value.substr(value.find('=') + 1); }

std::vector<Tenant> named_bundles(const std::vector<std::string>& bundles) {
  static const std::set<std::string> kTaken = {"v1", "v2", "metrics", "assets"};
  std::vector<Tenant> tenants;
  for (const std::string& bundle : bundles) {
    const auto name = name_in(bundle);
    if (!name && bundles.size() > 1) {
      throw Error(cat("--bundle ", bundle, ": of several bundles each needs a name, as in ",
                      "--bundle films=", bundle, ": up to ", kMaxNameBytes,
                      " small letters, digits and hyphens"));
    }
    if (name && kTaken.contains(*name)) {
      throw Error(cat("--bundle ", bundle, ": ", in_quotes(*name), " is an address of the server ",
                      "itself; take another name"));
    }
    if (name && std::ranges::find(tenants, *name, &Tenant::name) != tenants.end()) {
      throw Error(cat("--bundle ", bundle, ": there are two bundles ", in_quotes(*name)));
    }
    Tenant& tenant = tenants.emplace_back();
    tenant.name = name.value_or("");
    tenant.bundle = name ? without_name(bundle) : bundle;
  }
  return tenants;
}

class Options {
 public:
  explicit Options(std::vector<Tenant>& tenants) : tenants_(tenants) {}

  // What one value for several tenants means.
  enum class Shared { kSame, kFolderEach, kRefused };

  template <typename Value>
  void set(const char* option, const std::vector<std::string>& values, Value Tenant::*member,
           Shared shared) {
    std::set<std::string> given;
    for (const std::string& value : values) {
      Tenant* const own = tenant_in(option, value);
      if (!given.insert(own != nullptr ? own->name : "").second) {
        throw Error(cat(option, " ", value, ": is given twice"));
      }
      if (own != nullptr) own->*member = without_name(value);
    }
    for (const std::string& value : values) {
      if (tenant_in(option, value) != nullptr) continue;
      for (Tenant& tenant : tenants_) {
        if (given.contains(tenant.name) && !tenant.name.empty()) continue;  // it has its own
        tenant.*member = value_of_all(option, value, tenant, shared);
      }
    }
  }

  // → those of all, which come first.
  std::vector<std::string> add(const std::vector<std::string>& overrides) {
    std::vector<std::string> of_all;
    for (const std::string& each : overrides) {
      if (find(name_in(each).value_or("")) == nullptr) of_all.push_back(each);
    }
    for (Tenant& tenant : tenants_) tenant.overrides = of_all;
    for (const std::string& each : overrides) {
      Tenant* const own = find(name_in(each).value_or(""));
      if (own != nullptr) own->overrides.push_back(without_name(each));
    }
    return of_all;
  }

  // The value that was given for all; "": none.
  std::string of_all(const std::vector<std::string>& values) {
    const auto found = std::ranges::find_if(
        values, [&](const std::string& value) { return tenant_in("", value) == nullptr; });
    return found == values.end() ? "" : *found;
  }

 private:
  Tenant* find(const std::string& name) {
    const auto found = std::ranges::find(tenants_, name, &Tenant::name);
    return name.empty() || found == tenants_.end() ? nullptr : &*found;
  }

  // Whose value it is; null: of all.
  Tenant* tenant_in(const char* option, const std::string& value) {
    const auto name = name_in(value);
    if (!name || tenants_.front().name.empty()) return nullptr;
    Tenant* const own = find(*name);
    if (own == nullptr) {
      throw Error(cat(option, " ", value, ": there is no bundle ", in_quotes(*name)));
    }
    return own;
  }

  static std::string value_of_all(const char* option, const std::string& value,
                                  const Tenant& tenant, Shared shared) {
    if (tenant.name.empty() || shared == Shared::kSame) return value;
    if (shared == Shared::kFolderEach) {
      return (std::filesystem::path(value) / tenant.name).string();
    }
    throw Error(cat(option, " ", value, ": say of which bundle, as in ", option, " ", tenant.name,
                    "=", value));
  }

  std::vector<Tenant>& tenants_;
};

// Refuses a folder or a database that two of them would write.
class Places {
 public:
  void add(const char* option, const Tenant& tenant, const std::filesystem::path& folder) {
    if (folder.empty()) return;
    refuse_unless(folders_.insert(std::filesystem::weakly_canonical(folder)).second, option, tenant,
                  folder.string());
  }
  void add_redis(const Tenant& tenant) {
    if (tenant.redis.empty() || tenant.redis == "memory") return;
    refuse_unless(databases_.insert(serving::parse_redis_address(tenant.redis)).second, "--redis",
                  tenant, tenant.redis);
  }

 private:
  static void refuse_unless(bool is_new, const char* option, const Tenant& tenant,
                            const std::string& place) {
    if (is_new) return;
    throw Error(cat(option, " ", tenant.name, "=", place,
                    ": another bundle is served with it, and ",
                    "each writes its own; name another"));
  }

  std::set<std::filesystem::path> folders_;
  std::set<serving::RedisAddress> databases_;
};

}  // namespace

Tenants tenants_of(const ServeArguments& arguments) {
  using Shared = Options::Shared;
  Tenants tenants;
  tenants.all = named_bundles(arguments.bundles);
  Options options(tenants.all);
  options.set("--compare", arguments.compared, &Tenant::compared, Shared::kRefused);
  options.set("--config", arguments.configs, &Tenant::config, Shared::kSame);
  options.set("--state", arguments.states, &Tenant::state, Shared::kFolderEach);
  options.set("--redis", arguments.redis, &Tenant::redis, Shared::kRefused);
  options.set("--api-keys", arguments.keys, &Tenant::keys, Shared::kSame);
  options.set("--policy", arguments.policies, &Tenant::policy, Shared::kRefused);
  options.set("--exposures", arguments.exposures, &Tenant::exposures, Shared::kFolderEach);
  tenants.config = options.of_all(arguments.configs);
  tenants.overrides = options.add(arguments.overrides);
  Places places;
  for (Tenant& tenant : tenants.all) {
    if (tenant.state.empty()) tenant.state = tenant.bundle.string() + "-state";
    places.add("--state", tenant, tenant.state);
    places.add("--policy", tenant, tenant.policy);
    places.add("--exposures", tenant, tenant.exposures);
    places.add_redis(tenant);
  }
  return tenants;
}

}  // namespace marquee::cli
