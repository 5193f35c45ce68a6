// Hard links against an oracle: whatever the groups were, they become those of the source.
#include "plan/links.h"

#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "plan/order.h"
#include "support/replica_model.h"

namespace foldersync::test {
namespace {

constexpr unsigned kCases = 4000;

const Policy& policy() {
  static const Policy kPolicy;
  return kPolicy;
}

// Files and symlinks in one directory, some of them names of one object. As a plan without
// --checksum has to assume, the same size and mtime always mean the same content.
class Groups {
 public:
  explicit Groups(unsigned seed) : random_(seed) {}

  Tree tree() {
    Tree result;
    for (const char* const name : {"a", "b", "c", "d", "e", "f", "g"}) {
      if (number(5) == 0) continue;
      const RelPath other = any(result);
      if (number(2) == 0 && !other.is_root()) {
        result.link(at_path(name), other);
      } else {
        result.put(at_path(name), object());
      }
    }
    return result;
  }

  // As above; a part of the objects has names elsewhere.
  Tree replica() {
    Tree result = tree();
    for (std::size_t i = number(3); i > 0; --i) {
      const RelPath path = any(result);
      if (!path.is_root()) result.find(path)->names_elsewhere = 1;
    }
    return result;
  }

 private:
  std::size_t number(std::size_t limit) { return random_() % limit; }

  RelPath any(const Tree& tree) {
    return std::next(tree.all().begin(), static_cast<long>(number(tree.all().size())))->first;
  }

  Object object() {
    static const std::vector<std::string> kContents{"x", "y", "long"};
    Object made;
    const std::size_t content = number(kContents.size());
    if (number(8) == 0) made.type = FileType::kSymlink;
    made.content = kContents[content];
    made.mtime = {static_cast<std::int64_t>(100 * number(2) + content), 0};
    return made;
  }

  std::mt19937 random_;
};

// One path as the walk hands it over. Requires: at least one tree has it.
LinkedEntry entry_of(const Tree& source, const Tree& replica, const RelPath& path) {
  LinkedEntry entry;
  entry.path = path;
  std::optional<Seen> wanted;
  std::optional<Seen> found;
  if (const Object* object = source.find(path)) {
    wanted = Seen{status_of(source, path), object->content};
    entry.source = ObjectId{1, wanted->status.inode};
    entry.after = wanted_facts(wanted->status, wanted->target, nullptr, policy());
  }
  if (const Object* object = replica.find(path)) {
    found = Seen{status_of(replica, path), object->content};
    entry.replica = ObjectId{2, found->status.inode};
    entry.replica_links = found->status.links;
    entry.before = found_facts(found->status, found->target, policy());
  }
  entry.comparison = compare(wanted ? &*wanted : nullptr, found ? &*found : nullptr, policy());
  if (entry.comparison.decision == Decision::kContentAsked) {
    entry.comparison = decide_by_content(entry.comparison, wanted->target == found->target);
  }
  return entry;
}

// Every path of either tree, as if all of them had several names: one name is a group as well.
std::vector<LinkedEntry> entries_of(const Tree& source, const Tree& replica) {
  std::set<RelPath> paths;
  for (const Tree* const tree : {&source, &replica}) {
    for (const auto& [path, number] : tree->all()) paths.insert(path);
  }
  paths.erase(RelPath());
  std::vector<LinkedEntry> entries;
  for (const RelPath& path : paths) entries.push_back(entry_of(source, replica, path));
  return entries;
}

TEST(LinksProperty, GroupsBecomeThoseOfTheSourceAndObjectsWithUnknownNamesAreNeverChanged) {
  for (unsigned seed = 1; seed <= kCases; ++seed) {
    Groups groups(seed);
    const Tree source = groups.tree();
    const Tree replica = groups.replica();
    const std::vector<LinkedEntry> entries = entries_of(source, replica);
    GroupedLinks settled = group_links(entries).value();
    EXPECT_EQ(settled.actions.size() + settled.unchanged, entries.size()) << "seed " << seed;
    put_in_order(settled.actions);
    ReplicaModel model(replica, source, policy());
    ASSERT_EQ(model.apply_all(settled.actions), "") << "seed " << seed;
    Tree after = *model.tree();
    *after.find(RelPath()) = *source.find(RelPath());
    ASSERT_EQ(difference(source, after), "") << "seed " << seed << "\n" << told(settled.actions);
    const GroupedLinks again = group_links(entries_of(source, after)).value();
    ASSERT_EQ(told(again.actions), "") << "seed " << seed;
  }
}

TEST(LinksProperty, TheOrderInWhichEntriesWereFoundDoesNotMatter) {
  for (unsigned seed = 1; seed <= kCases / 10; ++seed) {
    Groups groups(seed);
    const Tree source = groups.tree();
    std::vector<LinkedEntry> entries = entries_of(source, groups.replica());
    GroupedLinks settled = group_links(entries).value();
    put_in_order(settled.actions);
    std::shuffle(entries.begin(), entries.end(), std::mt19937(seed));
    GroupedLinks shuffled = group_links(entries).value();
    put_in_order(shuffled.actions);
    EXPECT_EQ(shuffled.actions, settled.actions) << "seed " << seed;
    EXPECT_EQ(shuffled.unchanged, settled.unchanged) << "seed " << seed;
  }
}

}  // namespace
}  // namespace foldersync::test
