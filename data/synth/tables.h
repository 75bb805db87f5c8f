// The tables as they are written: interactions.csv, titles.csv and users.csv, whose columns are
// those that ingest reads (docs/data.md), and the ids in them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/synth/viewing.h"
#include "data/titles.h"

namespace marquee::data::synth {

std::string user_id(int64_t index);        // 0 -> "u1"
std::string title_id(int64_t index);       // 0 -> "t1"
int64_t title_index(std::string_view id);  // "t1" -> 0; -1: not such an id

inline constexpr std::string_view kInteractionsHeader = "user_id,title_id,timestamp,event,value\n";
void append_rows(std::string& csv, int64_t user, const std::vector<Watch>& watches);

// A title as it is put into a service while that serves.
TitleRecord title_record(const TitlePool& pool, int64_t index);

// Gaps are left as a real catalogue has them: some titles lack a director, a year, a running time.
void write_titles(const std::filesystem::path& file, const TitlePool& pool, uint64_t seed);
void write_users(const std::filesystem::path& file, const std::vector<SynthUser>& users);

}  // namespace marquee::data::synth
