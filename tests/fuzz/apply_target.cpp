// Any valid plan applied to a small replica: nothing outside of it changes, nothing that the source
// has is deleted, and each file of it holds what the source or the old replica had at its path.
// Afterwards a plain run makes an exact copy.
#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "fault/mirror.h"
#include "format/json.h"
#include "fuzz/forged_plan.h"
#include "fuzz/target.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

const std::string kFolders[] = {"source", "outside"};

class Stage {
 public:
  Stage() {
    const TreeEntry linked = file("linked");
    world_.source = {{".", directory()},
                     {"a", file("new content")},
                     {"copy", file("same")},
                     {"d", directory()},
                     {"d/b", file("x")},
                     {"d/kept", file("same")},
                     {"fifo", fifo()},
                     {"h1", linked},
                     {"h2", link_of(linked, "h1")},
                     {"l", symlink("a")},
                     {"log", file("begun").at(90)},
                     {"log.1", file("logged").at(89)},
                     {"mode", file("m").with_mode(0600)},
                     {"moved", directory()},
                     {"moved/file", file("was elsewhere").at(77)},
                     {"s1", file("second").at(81)},
                     {"s2", file("first").at(80)},
                     {"same", file("same")},
                     {"suid", file("s").with_mode(04755)},
                     {"t", directory()},
                     {"t/inside", file("x")}};
    world_.replica = {{".", directory()},
                      {"a", file("old").at(3)},
                      {"d", directory()},
                      {"d/extra", directory()},
                      {"d/extra/z", file("z")},
                      {"d/kept", file("same")},
                      {"gone", directory()},
                      {"gone/x", directory()},
                      {"gone/x/y", file("y")},
                      {"h1", file("linked")},
                      {"h2", file("other").at(9)},
                      {"l", symlink("../outside")},
                      {"log", file("logged").at(89)},
                      {"mode", file("m")},
                      {"old", directory()},
                      {"old/file", file("was elsewhere").at(77)},
                      {"s1", file("first").at(80)},
                      {"s2", file("second").at(81)},
                      {"same", file("same")},
                      {"suid", file("s")},
                      {"t", file("file")}};
    plant(world_.source, scratch_ / "source");
    plant({{".", directory()},
           {"d", directory()},
           {"d/b", file("y")},
           {"secret", file("secret of others")}},
          scratch_ / "outside");
    plant(world_.replica, scratch_ / "replica");
    MirrorOptions look;
    look.dry_run = true;
    world_.honest = mirror(fs_, scratch_ / "source", scratch_ / "replica", look).plan->actions;
    before_ = stamps();
  }

  void perform(FuzzBytes bytes) {
    MirrorOptions options;
    options.durable = false;
    const std::size_t choice = bytes.pick(16);
    options.atomic = (choice & 1U) != 0;
    if ((choice & 2U) != 0) options.windows.actions = 3;
    if ((choice & 12U) == 12U) options.backup_folder = scratch_ / "backup";
    const Plan plan = forge(bytes, world_);
    const auto read = test::read_text(test::written(plan));
    require(bool(read), "a forged plan is valid: " + (read ? "" : read.error().detail));
    require(*read == plan, "a plan that is written and read is the same");

    remove_tree(scratch_ / "backup");
    remove_tree(scratch_ / "replica");
    plant(world_.replica, scratch_ / "replica");
    const MirrorRun run =
        apply_given(fs_, *read, scratch_ / "source", scratch_ / "replica", options);
    judge(run);

    const MirrorRun second = mirror(fs_, scratch_ / "source", scratch_ / "replica", settling());
    require(second.is_success(), "a run afterwards succeeds" + second.troubles());
    const auto left = tree_differences(world_.source, read_tree(scratch_ / "replica"));
    require(left.empty(), "a run afterwards makes an exact copy: " +
                              (left.empty() ? std::string() : left.front()));
    require(stamps() == before_, "source and outside are untouched by the run afterwards");
  }

 private:
  static MirrorOptions settling() {
    MirrorOptions options;
    options.durable = false;
    return options;
  }

  void judge(const MirrorRun& run) const {
    require(stamps() == before_, "source and outside are untouched");
    require(run.error || run.has_reported_each_action_once(), "each action has one outcome");
    const Tree now = read_tree(scratch_ / "replica");
    for (const auto& [path, entry] : world_.replica) {
      require(!world_.source.contains(path) || now.contains(path),
              path + " is there, for both trees had it" + run.troubles());
    }
    for (const auto& [path, entry] : now) {
      require(path.find(".sync-txn") == path.npos, path + " is removed" + run.troubles());
      require(is_of(world_.source, path, entry) || is_of(world_.replica, path, entry),
              path + " is what one of the trees had: " + shown(entry) + run.troubles());
    }
  }

  // Directories have the mode and time of their last change until a run finishes them.
  static bool is_of(const Tree& tree, const std::string& path, const TreeEntry& entry) {
    const auto found = tree.find(path);
    if (found == tree.end() || found->second.type != entry.type) return false;
    if (entry.type == FileType::kDirectory) return (entry.mode & 07022U) == 0;
    return found->second.content == entry.content && found->second.mode == entry.mode &&
           found->second.uid == entry.uid && found->second.gid == entry.gid;
  }

  using Stamp = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;
  // Inode, size, and the time of the last change of anything: it can't be set.
  [[nodiscard]] std::map<std::string, Stamp> stamps() const {
    std::map<std::string, Stamp> found;
    for (const std::string& folder : kFolders) {
      for (const auto& [path, entry] : read_tree(scratch_ / folder)) {
        struct stat status {};
        const std::string name = join(scratch_ / folder, path);
        require(::lstat(name.c_str(), &status) == 0, name + " is there");
        found[name] = {status.st_ino, static_cast<std::uint64_t>(status.st_size),
                       status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
      }
    }
    return found;
  }

  ScratchFolder scratch_;
  FileSystem& fs_ = posix_file_system();
  World world_;
  std::map<std::string, Stamp> before_;
};

}  // namespace
}  // namespace foldersync

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static foldersync::Stage stage;
  stage.perform({data, size});
  return 0;
}
