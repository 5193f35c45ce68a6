#include "support/tree.h"

#include <algorithm>
#include <iterator>

#include "core/hash.h"
#include "core/text.h"
#include "plan/facts.h"

namespace foldersync::test {
namespace {

// Contents of this length and less are shown as they are.
constexpr std::size_t kShown = 32;

Entry entry_of(std::string path, FileType type, std::uint32_t mode, std::string content = {}) {
  Object object;
  object.type = type;
  object.mode = mode;
  object.content = std::move(content);
  return {std::move(path), std::move(object)};
}

std::string content_text(const Object& object) {
  if (object.content.size() <= kShown) return "'" + escaped(object.content) + "'";
  Md5Hasher hasher;
  hasher.update(object.content);
  return std::to_string(object.content.size()) + " B of " + to_string(hasher.finish());
}

bool has_content(FileType type) { return type == FileType::kFile || type == FileType::kSymlink; }

bool is_device(FileType type) {
  return type == FileType::kCharDevice || type == FileType::kBlockDevice;
}

std::string line(const RelPath& path, const Object& object, const RelPath& first_name) {
  std::string text = escaped(path.shown()) + " " + to_string(object.type);
  if (object.type != FileType::kSymlink) text += " " + mode_text(object.mode);
  text += " " + std::to_string(object.uid) + ":" + std::to_string(object.gid);
  text += " " + to_string(object.mtime);
  if (has_content(object.type)) text += " " + content_text(object);
  if (is_device(object.type)) text += " device " + std::to_string(object.rdev);
  if (first_name != path) text += " = " + escaped(first_name.shown());
  return text;
}

}  // namespace

Tree::Tree() {
  Object root;
  root.type = FileType::kDirectory;
  root.mode = 0755;
  names_.emplace(RelPath(), 1);
  objects_.emplace(1, root);
}

const Object* Tree::find(const RelPath& path) const {
  const auto name = names_.find(path);
  return name == names_.end() ? nullptr : &objects_.at(name->second);
}

Object* Tree::find(const RelPath& path) {
  const auto name = names_.find(path);
  return name == names_.end() ? nullptr : &objects_.at(name->second);
}

std::uint32_t Tree::names(const RelPath& path) const {
  const Number wanted = number(path);
  return static_cast<std::uint32_t>(std::count_if(
      names_.begin(), names_.end(), [&](const auto& name) { return name.second == wanted; }));
}

std::vector<std::string> Tree::children(const RelPath& directory) const {
  std::vector<std::string> result;
  for (auto name = names_.upper_bound(directory); name != names_.end(); ++name) {
    if (!name->first.is_within(directory)) break;
    if (name->first.parent() == directory) result.emplace_back(name->first.name());
  }
  return result;
}

void Tree::make_parents(const RelPath& path) {
  if (path.is_root() || names_.contains(path.parent())) return;
  Object directory;
  directory.type = FileType::kDirectory;
  directory.mode = 0755;
  put(path.parent(), directory);
}

void Tree::put(const RelPath& path, Object object) {
  make_parents(path);
  const auto name = names_.find(path);
  if (name != names_.end() && names(path) == 1) objects_.erase(name->second);
  names_[path] = next_;
  objects_[next_++] = std::move(object);
}

void Tree::link(const RelPath& path, const RelPath& to) {
  make_parents(path);
  const Number target = number(to);
  const auto name = names_.find(path);
  if (name != names_.end() && name->second != target && names(path) == 1) {
    objects_.erase(name->second);
  }
  names_[path] = target;
}

void Tree::rename(const RelPath& from, const RelPath& to) {
  erase(to);
  make_parents(to);
  auto name = names_.find(from);
  std::map<RelPath, Number> moved;
  while (name != names_.end() && name->first.is_within(from)) {
    moved[RelPath(to.bytes() + name->first.bytes().substr(from.bytes().size()))] = name->second;
    name = names_.erase(name);
  }
  names_.merge(moved);
}

void Tree::erase(const RelPath& path) {
  auto name = names_.find(path);
  while (name != names_.end() && name->first.is_within(path)) {
    if (names(name->first) == 1) objects_.erase(name->second);
    name = names_.erase(name);
  }
}

Entry Entry::at(std::int64_t seconds, std::uint32_t nanoseconds) && {
  object_.mtime = {seconds, nanoseconds};
  return std::move(*this);
}

Entry Entry::mode(std::uint32_t mode) && {
  object_.mode = mode;
  return std::move(*this);
}

Entry Entry::owned_by(std::uint32_t uid, std::uint32_t gid) && {
  object_.uid = uid;
  object_.gid = gid;
  return std::move(*this);
}

Entry Entry::named_elsewhere(std::uint32_t names) && {
  object_.names_elsewhere = names;
  return std::move(*this);
}

Entry Entry::on_mount(std::uint64_t mount) && {
  object_.mount = mount;
  return std::move(*this);
}

Entry dir(std::string path) { return entry_of(std::move(path), FileType::kDirectory, 0755); }

Entry file(std::string path, std::string content) {
  return entry_of(std::move(path), FileType::kFile, 0644, std::move(content));
}

Entry symlink(std::string path, std::string target) {
  return entry_of(std::move(path), FileType::kSymlink, 0777, std::move(target));
}

Entry fifo(std::string path) { return entry_of(std::move(path), FileType::kFifo, 0644); }

Entry socket(std::string path) { return entry_of(std::move(path), FileType::kSocket, 0644); }

Entry char_device(std::string path, std::uint64_t rdev) {
  Object object;
  object.type = FileType::kCharDevice;
  object.rdev = rdev;
  return {std::move(path), std::move(object)};
}

Entry block_device(std::string path, std::uint64_t rdev) {
  Object object;
  object.type = FileType::kBlockDevice;
  object.rdev = rdev;
  return {std::move(path), std::move(object)};
}

Entry link(std::string path, std::string to) {
  Entry entry(std::move(path), Object{});
  entry.to_ = std::move(to);
  return entry;
}

Tree tree(std::initializer_list<Entry> entries) {
  Tree result;
  for (const Entry& entry : entries) {
    if (entry.to_) {
      result.link(at_path(entry.path_), at_path(*entry.to_));
    } else {
      result.put(at_path(entry.path_), entry.object_);
    }
  }
  return result;
}

RelPath at_path(std::string_view text) {
  return text == "." ? RelPath() : RelPath(std::string(text));
}

FileStatus status_of(const Tree& tree, const RelPath& path) {
  const Object& object = *tree.find(path);
  FileStatus status;
  status.type = object.type;
  status.mode = object.mode;
  status.uid = object.uid;
  status.gid = object.gid;
  status.size = has_content(object.type) ? object.content.size() : 0;
  status.mtime = object.mtime;
  status.ctime = object.ctime;
  status.inode = tree.number(path);
  status.rdev = object.rdev;
  status.links = tree.names(path) + object.names_elsewhere;
  status.mount_root = object.mount != 0 || path.is_root();
  RelPath mounted = path;
  while (!mounted.is_root() && tree.find(mounted)->mount == 0) mounted = mounted.parent();
  status.mount = tree.find(mounted)->mount;
  return status;
}

std::vector<std::string> lines(const Tree& tree) {
  std::map<Tree::Number, RelPath> first_names;
  std::vector<std::string> result;
  for (const auto& [path, number] : tree.all()) {
    const auto first = first_names.emplace(number, path).first;
    result.push_back(line(path, *tree.find(path), first->second));
  }
  return result;
}

std::string difference(const Tree& expected, const Tree& found) {
  std::vector<std::string> wanted = lines(expected);
  std::vector<std::string> there = lines(found);
  std::sort(wanted.begin(), wanted.end());
  std::sort(there.begin(), there.end());
  std::vector<std::string> lacking;
  std::vector<std::string> surplus;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(),
                      std::back_inserter(lacking));
  std::set_difference(there.begin(), there.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(surplus));
  std::string text;
  for (const std::string& each : lacking) text += "expected: " + each + "\n";
  for (const std::string& each : surplus) text += "found:    " + each + "\n";
  return text;
}

}  // namespace foldersync::test
