#include "support/random_trees.h"

#include <array>

namespace foldersync::test {
namespace {

const std::vector<std::string>& names() {
  static const std::vector<std::string> kNames{"a",
                                               "b",
                                               "a-b",
                                               "c",
                                               "-rf",
                                               "new\nline",
                                               "\xff\xfe",
                                               "\xe2\x80\xaegpj",
                                               "...",
                                               "A\\b",
                                               std::string(255, 'n')};
  return kNames;
}

const std::vector<std::string>& contents() {
  static const std::vector<std::string> kContents{"",
                                                  "x",
                                                  "y",
                                                  "hello",
                                                  "world",
                                                  std::string(5000, 'h'),
                                                  std::string(300'000, 'z'),
                                                  std::string(299'999, 'z') + "y"};
  return kContents;
}

const std::vector<std::string>& targets() {
  static const std::vector<std::string> kTargets{"a", "b", "..", "/", "\xff\n", "../a/b"};
  return kTargets;
}

// Times of content number `content`: no other content ever has one within two seconds.
FileTime time_of(std::size_t content, std::size_t which) {
  static constexpr std::array<std::int64_t, 4> kBases{100, 1'000, -1'000, 8'000'000'000};
  static constexpr std::array<std::uint32_t, 3> kNanoseconds{0, 1, 999'999'999};
  return {kBases.at(which % kBases.size()) + 2 * static_cast<std::int64_t>(content),
          kNanoseconds.at(which / kBases.size() % kNanoseconds.size())};
}

}  // namespace

RelPath RandomTrees::any(const Tree& tree) {
  auto name = tree.all().begin();
  std::advance(name, number(tree.all().size()));
  return name->first;
}

RelPath RandomTrees::new_path(const Tree& tree) {
  for (;;) {
    const RelPath directory = any(tree);
    if (tree.find(directory)->type != FileType::kDirectory || directory.depth() > 3) continue;
    return directory.child(one_of(names()));
  }
}

void RandomTrees::set_metadata(Object& object) {
  std::size_t content = 0;
  while (object.type == FileType::kFile && contents()[content] != object.content) ++content;
  object.mtime = time_of(content, number(12));
  const bool directory = object.type == FileType::kDirectory;
  std::vector<std::uint32_t> modes{0755, 0700, 0750, 0644};
  if (directory) modes = {0755, 0700, 0750, 02775, 01777};
  if (!directory) modes.insert(modes.end(), {04755, 02755, 06711, 07777});
  if (mix_.closed_modes) modes.insert(modes.end(), {0000, 0111, 0222, 0444, 0500});
  object.mode = object.type == FileType::kSymlink ? 0777 : one_of(modes);
  if (!mix_.owners) return;
  object.uid = one_of(std::vector<std::uint32_t>{0, 0, 1000, 65534});
  object.gid = one_of(std::vector<std::uint32_t>{0, 0, 5, 4'000'000});
}

Object RandomTrees::object() {
  static const std::vector<FileType> kUsual{FileType::kFile,      FileType::kFile,
                                            FileType::kFile,      FileType::kDirectory,
                                            FileType::kDirectory, FileType::kSymlink};
  static const std::vector<FileType> kRare{FileType::kFifo, FileType::kSocket,
                                           FileType::kCharDevice, FileType::kBlockDevice};
  Object made;
  made.type = chance(5) ? one_of(kRare) : one_of(kUsual);
  const bool device = made.type == FileType::kCharDevice || made.type == FileType::kBlockDevice;
  if (device && !mix_.devices) made.type = FileType::kFifo;
  if (made.type == FileType::kFile) made.content = one_of(contents());
  if (made.type == FileType::kSymlink) made.content = one_of(targets());
  if (device && mix_.devices) made.rdev = 0x103 + number(2);
  set_metadata(made);
  return made;
}

void RandomTrees::link(Tree& tree) {
  const RelPath to = any(tree);
  if (tree.find(to)->type == FileType::kDirectory) return;
  const RelPath path = new_path(tree);
  if (path.is_within(to) || to.is_within(path)) return;
  tree.erase(path);
  tree.link(path, to);
}

void RandomTrees::grow(Tree& tree) {
  if (chance(4)) return link(tree);
  const RelPath path = new_path(tree);
  tree.erase(path);
  tree.put(path, object());
}

void RandomTrees::edit(Tree& tree) {
  const RelPath path = any(tree);
  switch (number(7)) {
    case 0:
      if (!path.is_root()) tree.erase(path);
      return;
    case 1:
      return set_metadata(*tree.find(path));
    case 2: {  // the same in an object of its own
      if (tree.find(path)->type == FileType::kDirectory) return;
      const Object copy = *tree.find(path);
      tree.erase(path);
      return tree.put(path, copy);
    }
    case 3: {
      Object& changed = *tree.find(path);
      if (changed.type == FileType::kFile) changed.content = one_of(contents());
      if (changed.type == FileType::kSymlink) changed.content = one_of(targets());
      return set_metadata(changed);
    }
    case 4: {
      const RelPath to = new_path(tree);
      if (to.is_within(path) || path.is_within(to)) return;
      return tree.rename(path, to);
    }
    case 5: {  // two names change places
      const RelPath other = any(tree);
      if (other.is_within(path) || path.is_within(other)) return;
      const RelPath away = RelPath("away, for a moment");
      tree.rename(path, away);
      tree.rename(other, path);
      return tree.rename(away, other);
    }
    default:
      return grow(tree);
  }
}

Tree RandomTrees::source() {
  Tree tree;
  set_metadata(*tree.find(RelPath()));
  for (std::size_t i = number(24); i > 0; --i) grow(tree);
  return tree;
}

Tree RandomTrees::replica_of(const Tree& source) {
  Tree tree = chance(4) ? this->source() : source;
  for (std::size_t i = number(12); i > 0; --i) edit(tree);
  if (!mix_.names_elsewhere) return tree;
  for (std::size_t i = number(3); i > 0; --i) {
    Object& object = *tree.find(any(tree));
    if (object.type != FileType::kDirectory) object.names_elsewhere = 1;
  }
  return tree;
}

}  // namespace foldersync::test
