#include "state/verify_memory.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "state/fact_fields.h"

namespace foldersync {
namespace {

constexpr std::string_view kHeldVersion = "2";

std::string position_key(const VerifiedTrees& trees, VerifiedBy whose) {
  return std::string(whose == VerifiedBy::kCommand ? "verified " : "verified-by-runs ") +
         to_base64(trees.source) + " " + to_base64(trees.replica);
}

std::string doubted_key(const VerifiedTrees& trees) {
  return "doubted-files " + to_base64(trees.source) + " " + to_base64(trees.replica);
}

std::string held_key(const std::string& source) { return "held-files " + to_base64(source); }

void put(std::string& text, FileTime time) {
  put_field(text, std::to_string(time.seconds));
  put_field(text, std::to_string(time.nanoseconds));
}

FileTime time_of(FactFields& fields) {
  FileTime time;
  time.seconds = fields.number<std::int64_t>();
  time.nanoseconds = fields.number<std::uint32_t>();
  return time;
}

// A path in its only spelling.
std::optional<RelPath> path_of(const std::string& bytes) {
  if (bytes.empty() || bytes == "." || !RelPath::is_path(bytes)) return std::nullopt;
  return RelPath(bytes);
}

}  // namespace

std::optional<TreePosition> verified_up_to(Memory& memory, const VerifiedTrees& trees,
                                           VerifiedBy whose) {
  const auto text = memory.fact(position_key(trees, whose));
  if (!text || !*text || (*text)->empty()) return std::nullopt;
  FactFields fields(**text);
  const std::string directory = fields.next();
  std::string last = fields.next();
  const bool is_place = directory.empty() || path_of(directory);
  if (!fields.ok() || !is_place) return std::nullopt;
  return TreePosition{RelPath::from_bytes(directory), std::move(last)};
}

void set_verified_up_to(Memory& memory, const VerifiedTrees& trees, VerifiedBy whose,
                        const std::optional<TreePosition>& next) {
  if (next == verified_up_to(memory, trees, whose)) return;
  std::string text;
  if (next) {
    put_field(text, next->directory.bytes());
    put_field(text, next->last);
  }
  memory.set_fact(position_key(trees, whose), text);
}

Result<std::vector<HeldFile>> held_files(Memory& memory, const std::string& source) {
  const auto text = TRY(memory.fact(held_key(source)));
  std::vector<HeldFile> files;
  if (!text || text->empty()) return files;
  FactFields fields(*text);
  fields.require(fields.next() == kHeldVersion);
  while (fields.has_more()) {
    const auto path = path_of(fields.next());
    fields.require(path.has_value());
    HeldFile file{path.value_or(RelPath()), {}};
    file.stamp.size = fields.number();
    file.stamp.mtime = time_of(fields);
    file.stamp.ctime = time_of(fields);
    file.stamp.inode = fields.number();
    const std::string good = fields.next();
    file.good = parse_md5(good);
    fields.require(good.empty() || file.good);
    file.error_number = fields.number<int>();
    files.push_back(std::move(file));
  }
  if (!fields.ok()) return state_error("recall", "what is held can't be read");
  return files;
}

void set_held_files(Memory& memory, const std::string& source, std::vector<HeldFile> files) {
  std::sort(files.begin(), files.end(),
            [](const HeldFile& one, const HeldFile& other) { return one.path < other.path; });
  if (files.size() > kMostHeldFiles) files.resize(kMostHeldFiles);
  const auto known = held_files(memory, source);
  if (known && *known == files) return;
  std::string text;
  if (!files.empty()) put_field(text, kHeldVersion);
  for (const HeldFile& file : files) {
    put_field(text, file.path.bytes());
    put_field(text, std::to_string(file.stamp.size));
    put(text, file.stamp.mtime);
    put(text, file.stamp.ctime);
    put_field(text, std::to_string(file.stamp.inode));
    put_field(text, file.good ? to_string(*file.good) : std::string());
    put_field(text, std::to_string(file.error_number));
  }
  memory.set_fact(held_key(source), text);
}

std::set<std::string, std::less<>> doubted_files(Memory& memory, const VerifiedTrees& trees) {
  const auto text = memory.fact(doubted_key(trees));
  if (!text || !*text || (*text)->empty()) return {};
  FactFields fields(**text);
  const auto paths = fields.list();
  const bool are_paths = std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path_of(path).has_value();
  });
  if (!fields.ok() || !are_paths) return {};
  return {paths.begin(), paths.end()};
}

void set_doubted_files(Memory& memory, const VerifiedTrees& trees,
                       const std::set<std::string, std::less<>>& paths) {
  if (doubted_files(memory, trees) == paths) return;
  std::vector<std::string> kept(paths.begin(), paths.end());
  if (kept.size() > kMostHeldFiles) kept.resize(kMostHeldFiles);
  std::string text;
  if (!kept.empty()) put_field(text, kept);
  memory.set_fact(doubted_key(trees), text);
}

}  // namespace foldersync
