#include "apply/stage/remove_tree.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "core/path.h"
#include "fs/directory_cursor.h"
#include "scan/listing.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

using Names = std::initializer_list<std::string_view>;

// What is not removed, and who ends it.
struct Bounds {
  Names spared;
  const WindUp* wind_up = nullptr;  // may be null

  [[nodiscard]] Status heed() const {
    return wind_up == nullptr ? success() : wind_up->heed("remove");
  }
  [[nodiscard]] const std::atomic<bool>* at_once() const {
    return wind_up == nullptr ? nullptr : wind_up->at_once();
  }
};

// Removes what it can of one directory; the paths of directories that still hold something are
// added to `full`.
Status remove_entries(FileSystem& fs, int directory, const RelPath& path, const Bounds& bounds,
                      std::vector<RelPath>& full) {
  const Names& spared = bounds.spared;
  const auto self = TRY(fs.status(directory));
  DirectoryNames names(bounds.at_once());
  {
    const auto anew = TRY(fs.open_directory(directory, "."));  // see Listing::read_anew()
    TRY(names.read(fs, anew.get()));
  }
  LocalDirectory here(fs, directory);
  EntryReader entries(here, names);
  while (const ListedEntry* const entry = entries.next()) {
    TRY(bounds.heed());
    if (std::find(spared.begin(), spared.end(), entry->name) != spared.end()) continue;
    if (entry->error_number != 0) return system_error("stat", entry->error_number);
    if (entry->status.mount != self.mount) {
      return refused_error("remove", "something is mounted in it: unmount it")
          .at(std::string(entry->name));
    }
    const bool is_directory = entry->status.is_directory();
    Status removed = is_directory ? fs.remove_directory(directory, entry->name.data())
                                  : fs.remove_file(directory, entry->name.data());
    if (removed) continue;
    if (!is_directory || removed.error().error_number != ENOTEMPTY) return removed;
    full.push_back(path.child(entry->name));
  }
  return success();
}

}  // namespace

// Visits a directory again when those below it are gone.
Status empty_directory(FileSystem& fs, int directory, Names spared, const WindUp* wind_up) {
  std::vector<RelPath> pending;
  TRY(remove_entries(fs, directory, {}, {spared, wind_up}, pending));
  if (pending.empty()) return success();
  CursorRules rules;
  rules.stop = Bounds{{}, wind_up}.at_once();
  DirectoryCursor cursor(fs, directory, rules, descriptors_per_cursor(1));
  while (!pending.empty()) {
    const RelPath path = pending.back();
    const auto inside = TRY(cursor.enter(path.bytes()));
    const std::size_t known = pending.size();
    TRY(remove_entries(fs, inside, path, {{}, wind_up}, pending));
    if (pending.size() > known) continue;
    pending.pop_back();
    const auto above = TRY(cursor.enter(path.parent_bytes()));
    TRY(fs.remove_directory(above, std::string(path.name()).c_str()));
  }
  return success();
}

Status remove_tree(FileSystem& fs, int parent, const std::string& name, const WindUp* wind_up) {
  {
    const auto root = TRY(fs.open_directory(parent, name.c_str()));
    TRY(empty_directory(fs, root.get(), {}, wind_up));
  }
  return fs.remove_directory(parent, name.c_str());
}

}  // namespace foldersync
