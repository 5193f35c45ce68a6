#include "scan/md5_batch.h"

#include <algorithm>
#include <numeric>

namespace foldersync {

std::span<std::byte> Md5Batch::room(std::size_t size) {
  if (bytes_.empty()) bytes_.resize(kCapacity);
  return std::span(bytes_).subspan(used_, size);
}

std::size_t Md5Batch::keep(std::size_t size) {
  used_ += size;
  ends_.push_back(used_);
  return ends_.size() - 1;
}

std::span<const Md5> Md5Batch::finish() {
  const std::size_t count = ends_.size();
  const auto content = [&](std::size_t index) {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return Bytes(bytes_).subspan(begin, ends_[index] - begin);
  };
  // The longest first, so that no lane is left alone with one in the end.
  order_.resize(count);
  std::iota(order_.begin(), order_.end(), 0);
  std::sort(order_.begin(), order_.end(),
            [&](std::size_t a, std::size_t b) { return content(a).size() > content(b).size(); });
  messages_.clear();
  for (const std::size_t index : order_) messages_.push_back(content(index));
  hashed_.resize(count);
  md5_of_each(messages_, hashed_, hasher_, lanes_);
  digests_.resize(count);
  for (std::size_t i = 0; i < count; ++i) digests_[order_[i]] = hashed_[i];
  ends_.clear();
  used_ = 0;
  return digests_;
}

}  // namespace foldersync
