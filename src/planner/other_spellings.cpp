#include "planner/other_spellings.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace foldersync {
namespace {

constexpr char kCaseBit = 'a' ^ 'A';

bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80U; }
bool is_letter(char byte) {
  const char lower = static_cast<char>(byte | kCaseBit);
  return lower >= 'a' && lower <= 'z';
}

// What is left of a name without the case of its ASCII letters, and without all others: which of
// those are the same only the file system knows.
std::string skeleton(std::string_view name) {
  std::string bones;
  for (const char byte : name) {
    if (is_ascii(byte)) bones += is_letter(byte) ? static_cast<char>(byte | kCaseBit) : byte;
  }
  return bones;
}

// Whether two looks can have seen one entry, whatever the numbers of their inodes are.
bool alike(const FileStatus& a, const FileStatus& b) {
  return a.type == b.type && a.size == b.size && a.mtime == b.mtime && a.mode == b.mode;
}

bool lists(const DirectoryNames& names, std::string_view name) {
  std::size_t low = 0;
  std::size_t high = names.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (names[middle] == name) return true;
    if (names[middle] < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

// Calls visit(name, in_source, in_replica) for each name, in byte order.
template <class Visit>
void for_each_name(const DirectoryNames& source, const DirectoryNames& replica, Visit visit) {
  for (std::size_t s = 0, r = 0; s < source.size() || r < replica.size();) {
    const int order = s == source.size()    ? 1
                      : r == replica.size() ? -1
                                            : source[s].compare(replica[r]);
    visit(order <= 0 ? source[s] : replica[r], order <= 0, order >= 0);
    if (order <= 0) ++s;
    if (order >= 0) ++r;
  }
}

class Search {
 public:
  Search(const VisitedPair& pair, const Admission& admission)
      : pair_(pair), admission_(admission) {}

  OtherSpellings run() {
    find_unlisted();
    if (unlisted_.empty()) return {};
    find_candidates();
    for (const ListedEntry& entry : unlisted_) {
      if (Candidate* const match = match_of(entry)) {
        take(entry, *match);
      } else {
        found_.without_room.insert(entry.name);
        if (!has_twin(entry)) found_.is_unclear = true;
      }
    }
    return std::move(found_);
  }

 private:
  // An entry that the replica lists. Taken: by the source's entry of this name or another one.
  struct Candidate {
    ListedEntry entry;
    bool is_taken = false;
  };

  // Whether a name is not found with a letter in the other case. False where no name can tell: file
  // systems compare what is not Unicode byte by byte.
  bool counts_case() {
    const DirectoryNames& names = *pair_.replica.names;
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::string other(names[i]);
      const auto letter = std::find_if(other.begin(), other.end(), is_letter);
      if (letter == other.end() || !std::all_of(other.begin(), other.end(), is_ascii)) continue;
      if (!pair_.replica.here->status(names[i].data())) continue;
      *letter = static_cast<char>(*letter ^ kCaseBit);
      if (lists(names, other)) return true;
      const auto found = pair_.replica.here->status(other.c_str());
      return !found && found.error().error_number == ENOENT;
    }
    return false;
  }

  // RACE: somebody may make the name after the replica was listed. It has no other spelling then,
  // and nothing of its directory is deleted until the next plan.
  void find_unlisted() {
    if (pair_.replica.names->size() == 0) return;
    const bool skips_ascii = counts_case();
    const auto look = [&](std::string_view name, bool in_source, bool in_replica) {
      if (!in_source || in_replica) return;
      if (skips_ascii && std::all_of(name.begin(), name.end(), is_ascii)) return;
      const auto found = pair_.replica.here->status(name.data());
      if (!found) return;
      const auto source = pair_.source.here->status(name.data());
      if (source && admission_.mirrors({name, *source, 0})) unlisted_.push_back({name, *found, 0});
    };
    for_each_name(*pair_.source.names, *pair_.replica.names, look);
  }

  // All that only the replica lists, and what both list as far as it is spelled like what was
  // found.
  void find_candidates() {
    std::set<std::string> spelled;
    for (const ListedEntry& entry : unlisted_) spelled.insert(skeleton(entry.name));
    const auto look = [&](std::string_view name, bool in_source, bool in_replica) {
      if (!in_replica || (in_source && !spelled.contains(skeleton(name)))) return;
      const auto status = pair_.replica.here->status(name.data());
      if (status) candidates_.push_back({{name, *status, 0}, in_source});
    };
    for_each_name(*pair_.source.names, *pair_.replica.names, look);
    for (Candidate& each : candidates_) {
      by_inode_.emplace(each.entry.status.inode, &each);
      by_bones_.emplace(skeleton(each.entry.name), &each);
    }
  }

  // The one of the same inode, which of several hard links has to be spelled like it. Where there
  // is none, since FUSE may give each name another number, the only one that is spelled and looks
  // like it. Null: none, or it is taken.
  Candidate* match_of(const ListedEntry& unlisted) {
    const std::string bones = skeleton(unlisted.name);
    Candidate* match = nullptr;
    const auto [same_begin, same_end] = by_inode_.equal_range(unlisted.status.inode);
    for (auto each = same_begin; each != same_end; ++each) {
      Candidate& other = *each->second;
      if (!same_number(other.entry.status, unlisted.status)) continue;
      if (unlisted.status.links > 1 && !unlisted.status.is_directory() &&
          skeleton(other.entry.name) != bones) {
        continue;
      }
      if (match != nullptr || other.is_taken) return nullptr;
      match = &other;
    }
    if (match != nullptr) return match;
    const auto [begin, end] = by_bones_.equal_range(bones);
    for (auto each = begin; each != end; ++each) {
      if (!alike(each->second->entry.status, unlisted.status)) continue;
      if (match != nullptr || each->second->is_taken) return nullptr;
      match = each->second;
    }
    return match;
  }

  void take(const ListedEntry& unlisted, Candidate& match) {
    match.is_taken = true;
    if (admission_.protects(match.entry)) {
      found_.without_room.insert(unlisted.name);
      return;
    }
    found_.entries.emplace(unlisted.name, unlisted);
    found_.in_replica.insert(match.entry.name);
  }

  // Whether what was found by the name is what another name of the source stands for.
  bool has_twin(const ListedEntry& unlisted) const {
    const auto [begin, end] = by_bones_.equal_range(skeleton(unlisted.name));
    return std::any_of(begin, end, [&](const auto& each) {
      const Candidate& other = *each.second;
      return other.is_taken && (same_number(other.entry.status, unlisted.status) ||
                                alike(other.entry.status, unlisted.status));
    });
  }

  const VisitedPair& pair_;
  const Admission& admission_;
  std::vector<ListedEntry> unlisted_;  // what the replica finds by names of the source
  std::vector<Candidate> candidates_;
  std::multimap<std::uint64_t, Candidate*> by_inode_;
  std::multimap<std::string, Candidate*> by_bones_;
  OtherSpellings found_;
};

}  // namespace

OtherSpellings find_other_spellings(const VisitedPair& pair, const Admission& admission) {
  if (pair.source.names == nullptr || pair.replica.names == nullptr) return {};
  return Search(pair, admission).run();
}

}  // namespace foldersync
