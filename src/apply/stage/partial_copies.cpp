#include "apply/stage/partial_copies.h"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "fs/boot.h"
#include "fs/copy.h"
#include "scan/listing.h"

namespace foldersync {
namespace {

constexpr std::uint64_t kLarge = std::uint64_t{64} << 20U;
constexpr std::uint64_t kBlock = std::uint64_t{1} << 20U;  // what is kept is a multiple of this
constexpr std::string_view kNoteSuffix = ".of";
constexpr std::size_t kLongestNote = 8192;

std::string note_name(const std::string& name) { return name + std::string(kNoteSuffix); }

std::string text_of(FileTime time) {
  return std::to_string(time.seconds) + "." + std::to_string(time.nanoseconds);
}

// What must be the same for a copy to be gone on with.
std::string note_of(const RelPath& path, const FileStatus& source, const std::string& boot,
                    const StagingKey& key) {
  const std::string what = boot + "\n" + std::to_string(source.device) + " " +
                           std::to_string(source.inode) + " " + std::to_string(source.size) + " " +
                           text_of(source.mtime) + " " + text_of(source.ctime) + "\n" +
                           path.bytes() + "\n";
  return what + key.code("partial copy", what) + "\n";
}

Result<std::string> read_text(FileSystem& fs, int directory, const std::string& name) {
  const auto file = TRY(fs.open_file(directory, name.c_str()));
  std::array<char, kLongestNote> text{};
  const auto count = TRY(fs.read(file.get(), std::as_writable_bytes(std::span(text))));
  return std::string(text.data(), count);
}

Status write_text(FileSystem& fs, int directory, const std::string& name, std::string_view text) {
  const auto file = TRY(fs.create_file(directory, name.c_str(), 0600));
  return write_all(fs, file.get(), text);
}

}  // namespace

PartialCopies::PartialCopies(FileSystem& fs, const StagingKey& key, Fd partial,
                             std::optional<Fd> earlier)
    : fs_(fs), key_(key), partial_(std::move(partial)), earlier_(std::move(earlier)) {
  if (earlier_) read_notes();
}

bool PartialCopies::takes(const FileStatus& source) {
  return !source.by_path && source.size >= kLarge && source.blocks * kBlockUnit >= source.size;
}

// What can't be read is not gone on with.
void PartialCopies::read_notes() {
  Listing listing;
  if (!listing.read(fs_, earlier_->get())) return;
  for (const ListedEntry& entry : listing.entries()) {
    if (!entry.name.ends_with(kNoteSuffix)) continue;
    const auto text = read_text(fs_, earlier_->get(), std::string(entry.name));
    if (!text) continue;
    earlier_names_[*text] = entry.name.substr(0, entry.name.size() - kNoteSuffix.size());
  }
}

Result<PartialCopies::Begun> PartialCopies::begin(const RelPath& path, const FileStatus& source,
                                                  const std::string& name) {
  const std::string boot = boot_id();
  const std::string note = note_of(path, source, boot, key_);
  drop(name);  // of an earlier try
  // CRASH: a note without its copy says nothing, and a copy without its note is not gone on with.
  TRY(write_text(fs_, partial_.get(), note_name(name), note));
  if (!boot.empty()) {
    if (auto earlier = resume(note, source, name)) return std::move(*earlier);
  }
  auto to = TRY(fs_.create_file(partial_.get(), name.c_str(), 0600));
  return Begun{std::move(to), 0};
}

std::optional<PartialCopies::Begun> PartialCopies::resume(const std::string& note,
                                                          const FileStatus& source,
                                                          const std::string& name) {
  std::string earlier;
  {
    const std::lock_guard lock(mutex_);
    const auto found = earlier_names_.find(note);
    if (found == earlier_names_.end()) return std::nullopt;
    earlier = found->second;
    earlier_names_.erase(found);
  }
  Status moved = fs_.rename(earlier_->get(), earlier.c_str(), partial_.get(), name.c_str(),
                            RenameMode::kReplace);
  if (!moved) return std::nullopt;
  auto to = fs_.open_for_writing(partial_.get(), name.c_str());
  const auto status = to ? fs_.status(to->get()) : Result<FileStatus>(to.error());
  const bool is_usable =
      status && status->is_file() && status->size <= source.size && status->links == 1;
  const std::uint64_t start = is_usable ? status->size / kBlock * kBlock : 0;
  if (start > 0 && fs_.set_size(to->get(), start) &&
      fs_.seek(to->get(), start, Seek::kStart).ok()) {
    return Begun{std::move(*to), start};
  }
  (void)fs_.remove_file(partial_.get(), name.c_str());
  return std::nullopt;
}

Status PartialCopies::finish(const std::string& name, int folder) {
  // Nobody else makes names in these folders.
  Status moved =
      fs_.rename(partial_.get(), name.c_str(), folder, name.c_str(), RenameMode::kReplace);
  if (moved) (void)fs_.remove_file(partial_.get(), note_name(name).c_str());
  return moved;
}

void PartialCopies::drop(const std::string& name) {
  (void)fs_.remove_file(partial_.get(), name.c_str());
  (void)fs_.remove_file(partial_.get(), note_name(name).c_str());
}

}  // namespace foldersync
