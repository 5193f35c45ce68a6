// A pair of small trees in which every kind of action has something to do.
#pragma once

#include <unistd.h>

#include <string>

#include "support/disk_tree.h"

namespace foldersync {

struct RichTrees {
  Tree source;
  Tree replica;
};

// Content of `size` bytes that tells its `seed` anywhere.
inline std::string filler(char seed, std::size_t size) {
  std::string bytes(size, seed);
  for (std::size_t at = 0; at < size; at += 97) bytes[at] = static_cast<char>('0' + at % 10);
  return bytes;
}

// What is created, updated, put right in place, and deleted.
inline void add_contents(RichTrees& trees) {
  Tree& from = trees.source;
  Tree& to = trees.replica;
  from["same"] = to["same"] = file("the same in both").at(100);
  from["new"] = file("only in the source").at(200);
  from["new-empty"] = file("").at(201);
  from["new-large"] = file(filler('L', 300'000)).at(202);
  from["new-sparse"] =
      file(std::string(131'072, '\0') + "data" + std::string(70'000, '\0')).at(203);
  from["larger"] = file("longer than it was").at(300);
  to["larger"] = file("short").at(299);
  from["other-bytes"] = file("AAAA").at(301);
  to["other-bytes"] = file("BBBB").at(300);
  from["touched"] = file("content stays").at(400);
  to["touched"] = file("content stays").at(399);
  from["other-mode"] = file("mode differs").at(401).with_mode(0640);
  to["other-mode"] = file("mode differs").at(401).with_mode(0600);
  from["suid"] = file("a program").at(402).with_mode(04755);
  from["link"] = symlink("new-target").at(500);
  to["link"] = symlink("old-target").at(500);
  from["new-link"] = symlink("../outside/secret").at(501);
  from["pipe"] = fifo().at(502);
  to["extra"] = file("the source lacks it").at(600);
  to["extra-link"] = symlink("../outside").at(601);
  to["extra-dir"] = directory().at(602);
  to["extra-dir/below"] = directory().at(603);
  to["extra-dir/below/file"] = file("goes with its directory").at(604);
  to["extra-dir/link"] = symlink("../../outside").at(605);
}

// What becomes something of another type, and directories with their finish.
inline void add_replacements(RichTrees& trees) {
  Tree& from = trees.source;
  Tree& to = trees.replica;
  from["dir-to-file"] = file("was a directory").at(700);
  to["dir-to-file"] = directory().at(701);
  to["dir-to-file/child"] = file("goes").at(702);
  from["file-to-dir"] = directory().at(710);
  from["file-to-dir/child"] = file("comes").at(711);
  to["file-to-dir"] = file("becomes a directory").at(712);
  from["link-to-dir"] = directory().at(720);
  from["link-to-dir/secret"] = file("not the one outside").at(721);
  to["link-to-dir"] = symlink("../outside").at(722);
  from["dir-to-link"] = symlink("../outside").at(730);
  to["dir-to-link"] = directory().at(731);
  to["dir-to-link/secret"] = file("inside").at(732);
  from["link-to-file"] = file("was a link").at(740);
  to["link-to-file"] = symlink("../outside/secret").at(741);
  from["file-to-pipe"] = fifo().at(750);
  to["file-to-pipe"] = file("becomes a pipe").at(751);
  from["made"] = directory().at(800).with_mode(0750);
  from["made/deep"] = directory().at(801);
  from["made/deep/file"] = file("in a new directory").at(802);
  from["made/empty"] = directory().at(803);
  from["read-only"] = directory().at(810).with_mode(0555);
  from["read-only/new"] = file("into a read-only directory").at(811);
  to["read-only"] = directory().at(812).with_mode(0555);
  to["read-only/old"] = file("out of a read-only directory").at(813);
  from["finished"] = directory().at(820).with_mode(0700);
  to["finished"] = directory().at(821);
  from["finished/kept"] = to["finished/kept"] = file("kept").at(822);
}

inline void add_links(RichTrees& trees) {
  Tree& from = trees.source;
  Tree& to = trees.replica;
  from["hard-a"] = file("linked in the source").at(900);
  from["hard-b"] = link_of(from["hard-a"], "hard-a");
  to["hard-a"] = from["hard-a"];
  from["single-a"] = file("linked in the replica only").at(901);
  from["single-b"] = from["single-a"];
  to["single-a"] = from["single-a"];
  to["single-b"] = link_of(to["single-a"], "single-a");
  from["group-a"] = file("a new group").at(902);
  from["made/group-b"] = link_of(from["group-a"], "group-a");
}

// What only has another path.
inline void add_moves(RichTrees& trees) {
  Tree& from = trees.source;
  Tree& to = trees.replica;
  from["moved/to"] = file("has another name").at(950).with_mode(0640);
  to["moved-from"] = file("has another name").at(950).with_mode(0600);
  from["moved"] = directory().at(951);
  from["made/arrived"] = file("into a new directory").at(952);
  to["extra-dir/leaves"] = file("into a new directory").at(952);
  from["out-of-read-only"] = file("out of there").at(953);
  to["read-only/leaves"] = file("out of there").at(953);
  for (const bool is_new : {true, false}) {
    Tree& tree = is_new ? from : to;
    const std::string name = is_new ? "moved/whole" : "whole";
    tree[name] = directory().at(is_new ? 960 : 961).with_mode(is_new ? 0550 : 0555);
    tree[name + "/file"] = file("goes along").at(962);
    tree[name + "/closed"] = directory().at(963).with_mode(0555);
    tree[name + "/closed/file"] = file("goes along, too").at(964);
    tree[name + "/link"] = symlink("../../outside").at(965);
  }
}

// What changes places, moves up a chain, and takes another file's place.
inline void add_chains(RichTrees& trees) {
  Tree& from = trees.source;
  Tree& to = trees.replica;
  to["swap-a"] = from["swap-b"] = file("was a").at(970);
  to["swap-b"] = from["swap-a"] = file("was b, longer").at(971);
  to["log"] = from["log.1"] = file("the newest").at(972);
  to["log.1"] = from["log.2"] = file("one older").at(973);
  from["log"] = file("new since").at(974);
  to["taken"] = file("gives way").at(975);
  to["taken-by"] = from["taken"] = file("takes a place").at(976);
}

// Needs attributes: of users everywhere, of owners and devices where the caller is root.
inline RichTrees rich_trees(bool with_xattrs) {
  RichTrees trees;
  trees.source["."] = directory().at(50);
  trees.replica["."] = directory().at(51);
  add_contents(trees);
  add_replacements(trees);
  add_links(trees);
  add_moves(trees);
  add_chains(trees);
  if (with_xattrs) {
    trees.source["new"].xattrs = {{"user.note", "new"}};
    trees.source["larger"].xattrs = {{"user.note", "kept"}};
    trees.source["made"].xattrs = {{"user.note", "a directory's"}};
    trees.source["finished"].xattrs = {{"user.note", "given"}};
    trees.replica["finished"].xattrs = {{"user.other", "taken"}};
  }
  if (::geteuid() == 0) {
    trees.source["owned"] = file("of another").at(403).owned_by(12);
    trees.replica["owned"] = file("of another").at(403);
    trees.source["owned-new"] = file("of another, suid").at(404).owned_by(12).with_mode(06755);
    trees.source["null"] = device(1, 3).at(405);
  }
  return trees;
}

}  // namespace foldersync
