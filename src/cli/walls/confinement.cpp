#include "cli/walls/confinement.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "cli/console/console.h"
#include "fs/landlock.h"
#include "fs/named_path.h"

namespace foldersync {
namespace {

// What stays writable, held open until that is said.
class Places {
 public:
  explicit Places(FileSystem& fs) : fs_(fs) {}

  void add(Fd fd, Writable how) {
    places_.push_back({fd.get(), how});
    held_.push_back(std::move(fd));
  }
  void add(const Root& root) { places_.push_back({root.fd.get(), Writable::kTree}); }

  Status add_folder(const std::string& path, Writable how) {
    auto folder = TRY(open_named_folder(fs_, path));
    add(std::move(folder), how);
    return success();
  }

  // Where the state keeps nothing, large plans go where temporary files are.
  void add_state(const std::string& folder) {
    const bool is_kept = !folder.empty() && add_folder(folder, Writable::kTree).ok();
    const bool is_written = is_kept && ::faccessat(AT_FDCWD, folder.c_str(), W_OK, AT_EACCESS) == 0;
    if (is_written) return;
    const char* const temporary = std::getenv("TMPDIR");
    for (const char* name : {temporary, "/tmp"}) {
      if (name != nullptr && *name != '\0') (void)add_folder(name, Writable::kFiles);
    }
  }

  // As NewFile has it: a terminal or the like is written as it is, also by a link; else a file is
  // made beside what has the name.
  Status add_output(const std::string& path) {
    auto place = TRY(find_named(fs_, path, LastLink::kKeep));
    if (place.status && place.status->type == FileType::kSymlink) {
      auto end = find_named(fs_, path);
      const bool is_file = !end || !end->status || end->status->is_file();
      if (!is_file) place = std::move(*end);
    }
    if (place.is_inherited) return success();
    const bool is_device = place.status && place.status->type == FileType::kCharDevice;
    Fd& written = is_device ? place.entry : place.folder;
    if (written.is_open())
      add(std::move(written), is_device ? Writable::kItself : Writable::kFiles);
    return success();
  }

  [[nodiscard]] const std::vector<WritablePlace>& all() const { return places_; }

 private:
  FileSystem& fs_;
  std::vector<Fd> held_;
  std::vector<WritablePlace> places_;
};

Status confine(FileSystem& fs, const WrittenPlaces& written, int version) {
  Places places(fs);
  if (written.replica != nullptr) places.add(*written.replica);
  places.add_state(written.state_folder);
  if (!written.backup_folder.empty()) {
    TRY(places.add_folder(written.backup_folder, Writable::kTree));
  }
  for (const std::string& output : written.outputs) {
    // Whatever is wrong with it is told when it is written.
    if (!output.empty()) (void)places.add_output(output);
  }
  return write_only_in(places.all(), version);
}

}  // namespace

std::string write_nowhere_else(FileSystem& fs, const WrittenPlaces& places) {
  const auto version = landlock_version();
  if (!version || landlock_rights(*version).files == 0) return {};
  const Status confined = confine(fs, places, *version);
  if (confined) return {};
  return "an error of this program could write elsewhere, too: " + describe(confined.error());
}

}  // namespace foldersync
