#include "apply/stage/record.h"

#include <cerrno>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "core/hash.h"
#include "format/json.h"
#include "fs/copy.h"
#include "fs/stop.h"

namespace foldersync {
namespace {

constexpr const char* kActionsFile = "actions";  // a plan document
constexpr const char* kRecordsFile = "records";  // what belongs to each action, see encode()
constexpr std::string_view kMagic = "foldersync-record-4\n";
constexpr std::size_t kBuffer = std::size_t{64} << 10U;
constexpr std::size_t kPiece = std::size_t{1} << 20U;  // that is written between two questions

Error damaged(const char* what) { return document_error("read record", what); }

// What of a status is written down beside its type.
template <class Status, class Pass>
void each_number(Status& status, const Pass& pass) {
  pass(status.mode);
  pass(status.uid);
  pass(status.gid);
  pass(status.size);
  pass(status.inode);
  pass(status.device);
  pass(status.rdev);
  pass(status.links);
  pass(status.mtime.seconds);
  pass(status.mtime.nanoseconds);
  pass(status.incarnation);
}

// Numbers as eight bytes, the lowest first; texts as their length and their bytes.
class Writer {
 public:
  void number(std::uint64_t value) {
    std::array<char, 8> bytes{};
    for (char& byte : bytes) {
      byte = static_cast<char>(static_cast<unsigned char>(value));
      value >>= 8U;
    }
    bytes_.append(bytes.data(), bytes.size());
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void status(const std::optional<FileStatus>& value) {
    number(value ? 1 : 0);
    if (!value) return;
    number(static_cast<std::uint64_t>(value->type));
    each_number(*value, [this](auto part) { number(static_cast<std::uint64_t>(part)); });
  }
  void xattrs(const std::optional<std::vector<Xattr>>& value) {
    number(value ? value->size() + 1 : 0);
    if (!value) return;
    for (const Xattr& xattr : *value) {
      text(xattr.name);
      number(xattr.value.size());
      bytes_.append(reinterpret_cast<const char*>(xattr.value.data()), xattr.value.size());
    }
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// The inverse. After the first piece that isn't there everything is zero and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && bytes_.empty(); }

  std::string_view raw(std::uint64_t count) {
    if (!ok_ || count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view piece = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return piece;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const std::string_view piece = raw(8);
    for (std::size_t i = piece.size(); i-- > 0;)
      value = value << 8U | static_cast<unsigned char>(piece[i]);
    return value;
  }
  std::uint32_t small() {
    const std::uint64_t value = number();
    ok_ = ok_ && value <= std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(value);
  }
  std::string text() { return std::string(raw(number())); }
  std::optional<FileStatus> status() {
    if (number() == 0) return std::nullopt;
    FileStatus value;
    const std::uint64_t type = number();
    ok_ = ok_ && type <= static_cast<std::uint64_t>(FileType::kBlockDevice);
    value.type = static_cast<FileType>(ok_ ? type : 0);
    each_number(value, [this]<class Number>(Number& part) {
      part = static_cast<Number>(sizeof part == sizeof(std::uint32_t) ? small() : number());
    });
    return value;
  }
  std::optional<std::vector<Xattr>> xattrs() {
    const std::uint64_t count = number();
    if (count == 0) return std::nullopt;
    std::vector<Xattr> list;
    for (std::uint64_t i = 1; ok_ && i < count; ++i) {
      Xattr xattr;
      xattr.name = text();
      const std::string_view value = raw(number());
      const auto data = std::as_bytes(std::span(value));
      xattr.value.assign(data.begin(), data.end());
      list.push_back(std::move(xattr));
    }
    return list;
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

// What the code at the end of the records vouches for, the file of actions included.
constexpr std::string_view kPurpose = "record";
constexpr std::size_t kCodeDigits = 64;

Result<std::string> encode(const WindowRecord& record, const RecordFolder& folder,
                           const Sha256& actions) {
  Writer writer;
  writer.bytes() += kMagic;
  writer.text(to_string(actions));
  writer.number(folder.device);
  writer.number((record.atomic ? 1U : 0U) | (record.durable ? 2U : 0U) | (record.owners ? 4U : 0U));
  writer.text(record.boot);
  writer.text(record.backup);
  writer.number(record.opened_up.size());
  for (const OpenedUpRecord& opened_up : record.opened_up) {
    writer.text(opened_up.path.bytes());
    writer.number(opened_up.mode);
    writer.status(opened_up.seen);
  }
  writer.number(record.actions.size());
  for (const ActionRecord& action : record.actions) {
    TRY(heed(folder.stop, "record"));
    writer.number(action.seq);
    writer.number(action.is_due ? 1 : 0);
    writer.text(action.folder);
    writer.status(action.made);
    writer.status(action.old);
    writer.xattrs(action.old_xattrs);
    writer.xattrs(action.new_xattrs);
  }
  writer.bytes() += folder.key.code(kPurpose, writer.bytes());
  return std::move(writer.bytes());
}

void move_device(std::optional<FileStatus>& status, std::uint64_t then, std::uint64_t now) {
  if (status && status->device == then) status->device = now;
}

// The records without their code. Error kInvalidDocument: they are not written with the key.
Result<std::string_view> vouched_for(std::string_view bytes, const StagingKey& key) {
  if (bytes.size() < kMagic.size() + kCodeDigits || !bytes.starts_with(kMagic)) {
    return damaged("it is not one, or of another version");
  }
  const std::string_view records = bytes.substr(0, bytes.size() - kCodeDigits);
  if (key.code(kPurpose, records) != bytes.substr(records.size())) {
    return damaged("it is damaged, or was not written by a run of ours");
  }
  return records;
}

// `bytes`: as vouched_for() gives them. `actions`: of the file that was read.
Status decode(std::string_view bytes, const RecordFolder& folder, const Sha256& actions,
              WindowRecord& record) {
  Reader reader(bytes.substr(kMagic.size()));
  if (reader.text() != to_string(actions))
    return damaged("its actions are not those of the window");
  const std::uint64_t then = reader.number();
  const std::uint64_t flags = reader.number();
  record.atomic = (flags & 1U) != 0;
  record.durable = (flags & 2U) != 0;
  record.owners = (flags & 4U) != 0;
  record.boot = reader.text();
  record.backup = reader.text();
  for (std::uint64_t left = reader.number(); reader.ok() && left > 0; --left) {
    std::string path = reader.text();
    if (!path.empty() && !RelPath::is_path(path)) return damaged("it names what is no path");
    const std::uint32_t mode = reader.small();
    auto seen = reader.status();
    move_device(seen, then, folder.device);
    record.opened_up.push_back({RelPath::from_bytes(path), mode, seen.value_or(FileStatus{})});
  }
  for (std::uint64_t left = reader.number(); reader.ok() && left > 0; --left) {
    TRY(heed(folder.stop, "read record"));
    ActionRecord action;
    action.seq = reader.number();
    action.is_due = reader.number() != 0;
    action.folder = reader.text();
    action.made = reader.status();
    action.old = reader.status();
    action.old_xattrs = reader.xattrs();
    action.new_xattrs = reader.xattrs();
    move_device(action.made, then, folder.device);
    move_device(action.old, then, folder.device);
    record.actions.push_back(std::move(action));
  }
  if (!reader.at_end() || record.actions.size() != record.plan.actions.size()) {
    return damaged("it does not fit the window's actions");
  }
  return success();
}

Status remove_if_there(FileSystem& fs, int area, const char* name) {
  Status removed = fs.remove_file(area, name);
  if (!removed && removed.error().error_number == ENOENT) return success();
  return removed;
}

Status end_file(FileSystem& fs, Fd file, bool sync) {
  if (sync) TRY(fs.sync(file.get()));
  return fs.close(std::move(file));
}

// The answer: the digest of what was written.
Result<Sha256> write_actions(FileSystem& fs, const RecordFolder& folder, const Plan& plan,
                             bool sync) {
  auto file = TRY(fs.create_file(folder.fd, kActionsFile, 0600));
  Sha256Hasher hasher;
  std::string buffer;
  const auto write_out = [&] {
    hasher.update(buffer);
    Status written = write_all(fs, file.get(), buffer);
    buffer.clear();
    return written;
  };
  const auto sink = [&](std::string_view piece) -> Status {
    TRY(heed(folder.stop, "record"));
    buffer += piece;
    return buffer.size() < kBuffer ? success() : write_out();
  };
  TRY(write_plan(plan, sink));
  TRY(write_out());
  TRY(end_file(fs, std::move(file), sync));
  return hasher.finish();
}

ByteSource source_of(FileSystem& fs, int fd, const std::atomic<bool>* stop) {
  return [&fs, fd, stop](std::span<char> buffer) -> Result<std::size_t> {
    TRY(heed(stop, "read record"));
    return fs.read(fd, std::as_writable_bytes(buffer));
  };
}

// The same; `hasher` sees all that is read.
ByteSource hashed(ByteSource source, Sha256Hasher& hasher) {
  return [source = std::move(source), &hasher](std::span<char> buffer) -> Result<std::size_t> {
    const auto count = TRY(source(buffer));
    hasher.update(std::string_view(buffer.data(), count));
    return count;
  };
}

Result<std::string> read_whole(FileSystem& fs, const RecordFolder& folder, const char* name) {
  const auto file = TRY(fs.open_file(folder.fd, name));
  const ByteSource source = source_of(fs, file.get(), folder.stop);
  std::string bytes;
  std::vector<char> buffer(kBuffer);
  for (;;) {
    const auto count = TRY(source(buffer));
    if (count == 0) return bytes;
    bytes.append(buffer.data(), count);
  }
}

}  // namespace

bool is_what_was_made(const FileStatus& found, const FileStatus& made) {
  if (same_object(found, made)) return true;
  const bool is_like_it =
      found.type == made.type &&
      (found.is_directory() ||
       (found.size == made.size && found.mtime == made.mtime && found.rdev == made.rdev));
  return found.device != made.device && is_like_it;
}

Status write_record(FileSystem& fs, const RecordFolder& folder, const WindowRecord& record,
                    bool sync) {
  TRY(remove_record(fs, folder.fd));
  const auto actions = TRY(write_actions(fs, folder, record.plan, sync));
  const auto bytes = TRY(encode(record, folder, actions));
  auto file = TRY(fs.create_file(folder.fd, kRecordsFile, 0600));
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    TRY(heed(folder.stop, "record"));
    TRY(write_all(fs, file.get(), std::string_view(bytes).substr(at, kPiece)));
  }
  return end_file(fs, std::move(file), sync);
}

// Before the code is seen to be right, what is read is taken for anybody's.
Result<WindowRecord> read_record(FileSystem& fs, const RecordFolder& folder) {
  const auto actions = TRY(fs.open_file(folder.fd, kActionsFile));
  const auto bytes = TRY(read_whole(fs, folder, kRecordsFile));
  const auto records = TRY(vouched_for(bytes, folder.key));
  Sha256Hasher hasher;
  auto plan = TRY(read_window(hashed(source_of(fs, actions.get(), folder.stop), hasher)));
  WindowRecord record;
  record.plan = std::move(plan);
  TRY(decode(records, folder, hasher.finish(), record));
  return record;
}

Status remove_record(FileSystem& fs, int area) {
  TRY(remove_if_there(fs, area, kActionsFile));
  return remove_if_there(fs, area, kRecordsFile);
}

Status set_marker(FileSystem& fs, int area, Marker marker, std::optional<Marker> from) {
  if (from) return fs.rename(area, file_name(*from), area, file_name(marker), RenameMode::kReplace);
  const auto file = fs.create_file(area, file_name(marker), 0600);
  return file ? success() : Status(file.error());
}

Result<std::optional<Marker>> read_marker(FileSystem& fs, int area) {
  for (const Marker marker : kMarkers) {
    const auto status = fs.status_at(area, file_name(marker));
    if (status) return std::optional<Marker>(marker);
    if (status.error().error_number != ENOENT) return status.error();
  }
  return std::optional<Marker>();
}

}  // namespace foldersync
