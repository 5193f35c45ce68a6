#include "planner/source_rules.h"

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "planner/findings.h"

namespace foldersync {
namespace {

// https://bford.info/cachedir/: a regular file that begins with these bytes.
constexpr std::string_view kCacheTag = "CACHEDIR.TAG";
constexpr std::string_view kCacheSignature = "Signature: 8a477f597d28d172789f06886806bc55";

// Rules need no more, and whoever writes into the source shall not take our memory.
constexpr std::size_t kMostBytes = kLocalRuleBudget.text_bytes;

bool lists(const DirectoryNames& names, std::string_view name) {
  std::size_t begin = 0;
  std::size_t end = names.size();
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    (names[middle] < name ? begin : end) = names[middle] < name ? middle + 1 : middle;
  }
  return begin < names.size() && names[begin] == name;
}

// Up to `most` bytes of a regular file; nothing where there is something else of that name.
// RACE: who writes there may exchange it in between: what is read is what was looked at.
Result<std::optional<std::string>> beginning_of(ReadableDirectory& directory,
                                                const std::string& name, std::size_t most) {
  const FileStatus seen = TRY(directory.status(name.c_str()));
  if (!seen.is_file()) return std::optional<std::string>();
  const auto entry = TRY(directory.open(name.c_str()));
  const FileStatus opened = TRY(entry->status());
  if (!opened.is_file() || !same_number(opened, seen)) return changed_error("read rules");
  std::string text(most, '\0');
  std::size_t size = 0;
  while (size < most) {
    const auto rest = std::as_writable_bytes(std::span(text).subspan(size));
    const std::size_t read = TRY(entry->read(rest));
    if (read == 0) break;
    size += read;
  }
  text.resize(size);
  return std::optional(std::move(text));
}

Result<std::string> read_rules(ReadableDirectory& directory, const std::string& name) {
  auto text = TRY(beginning_of(directory, name, kMostBytes + 1));
  if (!text) return std::string();
  if (text->size() > kMostBytes) return system_error("read so many rules", EFBIG);
  return *std::move(text);
}

// A tag that can't be read marks nothing: more is mirrored then, not less.
bool is_cache(ReadableDirectory& directory) {
  const auto begins = beginning_of(directory, std::string(kCacheTag), kCacheSignature.size());
  return begins && *begins && **begins == kCacheSignature;
}

}  // namespace

Result<std::shared_ptr<const LocalRules>> rules_of_source(const PlanOptions& options,
                                                          const VisitedPair& pair) {
  const bool are_asked_for =
      !options.filter_file.empty() || !options.exclude_if_present.empty() || options.exclude_caches;
  if (!are_asked_for) return std::shared_ptr<const LocalRules>();
  auto above = std::static_pointer_cast<const LocalRules>(pair.handed_down);
  if (pair.source.names == nullptr) return above;
  const DirectoryNames& names = *pair.source.names;
  LocalRules::Found found{.directory = std::string(pair.path), .texts = {}, .marks = {}};
  const std::string* last = nullptr;
  for (const std::string& name : options.filter_file) {
    if (!lists(names, name)) continue;
    auto text = read_rules(*pair.source.here, name);
    if (!text) return std::move(text).error().at(path_of(pair, name).bytes());
    found.texts.push_back(*std::move(text));
    last = &name;
  }
  for (const std::string& name : options.exclude_if_present) {
    if (lists(names, name)) found.marks.push_back(name);
  }
  if (options.exclude_caches && lists(names, kCacheTag) && is_cache(*pair.source.here)) {
    found.marks.emplace_back(kCacheTag);
  }
  if (found.texts.empty() && found.marks.empty()) return above;
  auto made = LocalRules::make(found, above);
  if (!made && last != nullptr) return std::move(made).error().at(path_of(pair, *last).bytes());
  return made;
}

}  // namespace foldersync
