// Forgets a member wherever something is kept of them, and says what was erased and which models
// still learned from them: `marquee forget`. Exports what is kept of a member: `marquee
// export-user`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "core/json.h"

namespace marquee::serving {

// Where something may be kept of a member.
struct MemberPlaces {
  std::vector<std::filesystem::path> states;  // of servers that do not run
  std::vector<std::string> redis;             // their addresses
  std::vector<std::string> servers;           // that run: http://HOST:PORT
  std::string server_key;                     // that they ask for; "": none
  std::vector<std::filesystem::path>
      exposures;  // logs of what was shown, of servers that do not run
  std::vector<std::filesystem::path> datasets;

  bool empty() const {
    return states.empty() && redis.empty() && servers.empty() && exposures.empty() &&
           datasets.empty();
  }
};

struct ErasureOptions {
  std::string user_id;
  MemberPlaces places;
  std::vector<std::filesystem::path> artefacts;  // folders in which to look for what learned
  std::filesystem::path tombstones;              // file to add the member to; "": none
  std::filesystem::path receipt;                 // folder to make; "": none
  std::filesystem::path signing_key;             // of the receipt; "": it is not signed
  bool overwrite = false;
};

struct Erasure {
  struct Place {
    std::string kind, name;  // "history", "store.db"
    int64_t removed = 0;     // events, lines or interactions
  };
  std::vector<Place> places;
  std::vector<Manifest> learned;  // runs, bundles, policies and reports that were made from them
};

// In every place: a second time nothing is found, and that is no error. A receipt, an artefact of
// kind "receipt", lists what was erased and what learned, and names the member by a hash alone.
// Where a place throws Error, those before it stay done, and the receipt says that it is not
// complete.
Erasure forget_everywhere(const ErasureOptions& options);

// All that is kept of the member, in the order of the places.
Json exported_user(const std::string& user_id, const MemberPlaces& places);

}  // namespace marquee::serving
