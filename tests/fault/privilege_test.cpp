// A mirror with no more rights than it needs is the mirror that root makes with all of them.
#include "fs/privilege.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <map>
#include <string>

#include "fault/mirror.h"
#include "fault/rich_trees.h"
#include "fs/landlock.h"

namespace foldersync {
namespace {

constexpr std::uint32_t kOther = 1000;

// Of a program that may bind to low ports: version 2, effective, one bit.
const std::string kCapability("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
// Read and write for the owner, read for user 1000, the mask, nothing for others.
const std::string kAcl(
    "\2\0\0\0"
    "\1\0\6\0\xff\xff\xff\xff"
    "\2\0\4\0\xe8\3\0\0"
    "\4\0\4\0\xff\xff\xff\xff"
    "\x10\0\4\0\xff\xff\xff\xff"
    "\x20\0\0\0\xff\xff\xff\xff",
    44);

std::string attributes_at(const std::string& path) {
  std::array<char, 4096> names{};
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  std::map<std::string, std::string> found;
  for (ssize_t at = 0; at < length;) {
    const std::string name(&names[static_cast<std::size_t>(at)]);
    at += static_cast<ssize_t>(name.size()) + 1;
    std::array<char, 4096> value{};
    const ssize_t count = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    found[name] = count < 0 ? "?" : std::string(value.data(), static_cast<std::size_t>(count));
  }
  std::string text;
  for (const auto& [name, value] : found) text += name + "=" + value + ";";
  return text;
}

// Every attribute of every entry, by path.
std::map<std::string, std::string> attributes_of(const Tree& tree, const std::string& root) {
  std::map<std::string, std::string> all;
  for (const auto& [path, entry] : tree) all[path] = attributes_at(join(root, path));
  return all;
}

class LessPower : public MirrorTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root has rights to give up";
    RichTrees trees = rich_trees(holds_user_xattrs(scratch_.path()));
    Tree& from = trees.source;
    from["foreign"] = directory().owned_by(kOther).with_mode(0);
    from["foreign/closed"] = file("nobody may read it").owned_by(kOther).with_mode(0);
    from["foreign/set-id"] = file("a program").owned_by(kOther).with_mode(06755);
    from["group"] = directory().owned_by(kOther).with_mode(02770);
    from["block"] = device(7, 200).owned_by(kOther);
    from["capable"] = file("another").with_xattr("security.capability", kCapability);
    from["labelled"] = file("of root").with_xattr("trusted.note", "x").owned_by(kOther);
    from["signed"] = file("of a server").with_xattr("security.NTACL", "x");
    from["listed"] = file("ACL").with_mode(0640).with_xattr("system.posix_acl_access", kAcl);
    trees.replica["listed"] = file("ACL").owned_by(kOther).with_mode(0);
    plant_source(trees.source);
    plant_replica(trees.replica);
    plant(trees.replica, other_);
    options_.plan.xattrs = true;
  }

  // Mirrors into the other replica with no more than `kept`; whether all went well.
  bool mirrored_with_only(CapabilitySet kept) {
    return mirrored_after([&] { return keep_only(kept).ok(); });
  }

  // Likewise, by a process that has given up something before.
  bool mirrored_after(const std::function<bool()>& give_up) {
    const pid_t child = ::fork();
    if (child == 0) {
      FileSystem& fs = posix_file_system();
      const bool well = give_up() && mirror(fs, source_, other_, options_).is_success();
      ::_exit(well ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status == 0;
  }

  std::string other_ = scratch_ / "other";
  MirrorOptions options_;
};

TEST_F(LessPower, MakesTheSameMirror) {
  const MirrorRun whole = run(options_);
  ASSERT_TRUE(whole.is_success()) << whole.troubles();
  ASSERT_TRUE(mirrored_with_only(mirroring_capabilities() | attribute_capabilities()));
  const Tree with_all = read_tree(replica_);
  const Tree with_less = read_tree(other_);
  EXPECT_TRUE(tree_differences(with_all, with_less).empty())
      << testing::PrintToString(tree_differences(with_all, with_less));
  EXPECT_EQ(attributes_of(with_all, replica_), attributes_of(with_less, other_));
  EXPECT_EQ(attributes_of(with_all, source_), attributes_of(with_less, other_));
  EXPECT_NE(attributes_of(with_less, other_).at("labelled"), "");
}

TEST_F(LessPower, MakesTheSameMirrorWhereItCanWriteNowhereElse) {
  const auto version = landlock_version();
  if (!version || *version < 2) GTEST_SKIP() << "this kernel has no Landlock of version 2";
  options_.backup_folder = scratch_ / "backups";
  ASSERT_EQ(::mkdir(options_.backup_folder->c_str(), 0700), 0);
  const MirrorRun whole = run(options_);
  ASSERT_TRUE(whole.is_success()) << whole.troubles();
  for (int with = 2; with <= *version; ++with) {
    const Tree old = read_tree(other_);
    const Fd replica(::open(other_.c_str(), O_PATH));
    const Fd backups(::open(options_.backup_folder->c_str(), O_PATH));
    ASSERT_TRUE(mirrored_after([&] {
      return write_only_in({{replica.get()}, {backups.get()}}, with).ok();
    })) << with;
    const Tree made = read_tree(other_);
    EXPECT_TRUE(tree_differences(read_tree(replica_), made).empty())
        << testing::PrintToString(tree_differences(read_tree(replica_), made));
    EXPECT_EQ(attributes_of(made, source_), attributes_of(made, other_));
    remove_tree(other_);
    plant(old, other_);
  }
}

TEST_F(LessPower, EachThatIsKeptIsNeeded) {
  const CapabilitySet all = mirroring_capabilities() | attribute_capabilities();
  const Tree source = read_tree(source_);
  const auto copies_with_only = [&](CapabilitySet kept) {
    remove_tree(other_);
    mirrored_with_only(kept);
    return tree_differences(source, read_tree(other_)).empty() &&
           attributes_of(source, source_) == attributes_of(source, other_);
  };
  EXPECT_TRUE(copies_with_only(all));
  // Who may write may read as well.
  const CapabilitySet implied = CapabilitySet{1} << CAP_DAC_READ_SEARCH;
  for (unsigned number = 0; number < 64; ++number) {
    const CapabilitySet one = CapabilitySet{1} << number;
    if ((all & one) == 0 || one == implied) continue;
    EXPECT_FALSE(copies_with_only(all & ~one)) << names_of(one);
  }
}

}  // namespace
}  // namespace foldersync
