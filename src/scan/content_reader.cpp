#include "scan/content_reader.h"

#include <algorithm>
#include <cerrno>

namespace foldersync {

Status ContentReader::find_extent() {
  const auto data = file_.seek(at_, Seek::kData);
  if (!data && data.error().error_number != ENXIO && data.error().error_number != EINVAL) {
    return data.error();
  }
  // Behind the last data is a hole, and where holes can't be told is none.
  const bool is_all_data = !data && data.error().error_number == EINVAL;
  hole_end_ = data ? *data : is_all_data ? at_ : std::max(at_, size_);
  data_end_ = kNever;
  if (data) {
    const auto end = TRY(file_.seek(hole_end_, Seek::kHole));
    if (end < size_) data_end_ = end;
  }
  TRY(file_.seek(hole_end_, Seek::kStart));
  return success();
}

Result<std::uint64_t> ContentReader::hole() {
  if (at_ >= hole_end_ && at_ >= data_end_) {
    if (Status found = find_extent(); !found) return std::move(found).error();
  }
  return at_ < hole_end_ ? hole_end_ - at_ : 0;
}

Result<std::size_t> ContentReader::read(std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto rest = buffer.subspan(filled);
    const auto zeros = TRY(hole());
    if (zeros > 0) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(zeros, rest.size()));
      std::fill_n(rest.begin(), count, std::byte{});
      skip(count);
      filled += count;
      continue;
    }
    const auto most =
        static_cast<std::size_t>(std::min<std::uint64_t>(data_end_ - at_, rest.size()));
    const auto count = TRY(file_.read(rest.first(most)));
    if (count == 0) break;
    at_ += count;
    filled += count;
  }
  return filled;
}

}  // namespace foldersync
