#include "plan/action_codec.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace foldersync {
namespace {

// Bits of an action's first byte above phase and op, which have three each.
constexpr unsigned kOpShift = 3;
constexpr unsigned kOtherBit = 1U << 6U;
constexpr unsigned kBeforeBit = 1U << 7U;
constexpr unsigned kThreeBits = 7;

// Bits of the reasons' number above the reasons.
constexpr std::uint64_t kAfterBit = std::uint64_t{1} << 16U;

// Bits of the facts' number above the type: which fields are there.
enum FactBit : std::uint64_t {
  kMode = 1U << 3U,
  kOwner = 1U << 4U,
  kGroup = 1U << 5U,
  kSize = 1U << 6U,
  kMtime = 1U << 7U,
  kTarget = 1U << 8U,
  kDevice = 1U << 9U,
  kMd5 = 1U << 10U,
  kLinks = 1U << 11U,
};

// Seven bits a byte, the lowest first; the highest bit says that more follow.
void put(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(0x80U | (number & 0x7FU));
    number >>= 7U;
  }
  out += static_cast<char>(number);
}

void put_bytes(std::string& out, std::string_view bytes) {
  put(out, bytes.size());
  out += bytes;
}

std::uint64_t reason_bits(ReasonSet reasons) {
  std::uint64_t bits = 0;
  for (const Reason reason : kReasons) {
    if (reasons.has(reason)) bits |= static_cast<std::uint64_t>(reason);
  }
  return bits;
}

std::uint64_t fact_bits(const Facts& facts) {
  std::uint64_t bits = static_cast<std::uint64_t>(facts.type);
  const auto add = [&](bool is_there, FactBit bit) { bits |= is_there ? std::uint64_t{bit} : 0; };
  add(facts.mode.has_value(), kMode);
  add(facts.uid.has_value(), kOwner);
  add(facts.gid.has_value(), kGroup);
  add(facts.size.has_value(), kSize);
  add(facts.mtime.has_value(), kMtime);
  add(facts.target.has_value(), kTarget);
  add(facts.device.has_value(), kDevice);
  add(facts.md5.has_value(), kMd5);
  add(facts.links.has_value(), kLinks);
  return bits;
}

// Small for times around 1970, before it too.
std::uint64_t zigzag(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  return number < 0 ? ~(bits << 1U) : bits << 1U;
}

std::int64_t unzigzag(std::uint64_t bits) {
  return static_cast<std::int64_t>((bits & 1U) != 0 ? ~(bits >> 1U) : bits >> 1U);
}

void put_facts(std::string& out, const Facts& facts) {
  put(out, fact_bits(facts));
  if (facts.mode) put(out, *facts.mode);
  if (facts.uid) put(out, *facts.uid);
  if (facts.gid) put(out, *facts.gid);
  if (facts.size) put(out, *facts.size);
  if (facts.mtime) {
    put(out, zigzag(facts.mtime->seconds));
    put(out, facts.mtime->nanoseconds);
  }
  if (facts.target) put_bytes(out, *facts.target);
  if (facts.device) put(out, *facts.device);
  if (facts.md5) {
    const auto& bytes = facts.md5->bytes;
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  if (facts.links) put(out, *facts.links);
}

// Reads what was put; after the first thing that isn't there, nothing is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool is_whole() const { return is_whole_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  std::uint64_t number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view next = bytes(1);
      if (next.empty()) return 0;
      const auto byte = static_cast<unsigned char>(next.front());
      number |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return number;
    }
    return damaged(), 0;
  }

  std::uint32_t small() {
    const std::uint64_t wide = number();
    if (wide > UINT32_MAX) damaged();
    return static_cast<std::uint32_t>(wide);
  }

  std::string_view bytes(std::uint64_t size) {
    if (size > rest_.size()) return damaged(), std::string_view();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  void damaged() {
    is_whole_ = false;
    rest_ = {};
  }

  Facts facts() {
    Facts facts;
    const std::uint64_t bits = number();
    if ((bits & kThreeBits) > static_cast<std::uint64_t>(FileType::kBlockDevice)) damaged();
    facts.type = static_cast<FileType>(bits & kThreeBits);
    if ((bits & kMode) != 0) facts.mode = small();
    if ((bits & kOwner) != 0) facts.uid = small();
    if ((bits & kGroup) != 0) facts.gid = small();
    if ((bits & kSize) != 0) facts.size = number();
    if ((bits & kMtime) != 0) {
      const std::int64_t seconds = unzigzag(number());
      facts.mtime = FileTime{seconds, small()};
    }
    if ((bits & kTarget) != 0) facts.target = std::string(bytes(number()));
    if ((bits & kDevice) != 0) facts.device = number();
    if ((bits & kMd5) != 0) {
      Md5 md5;
      const std::string_view digest = bytes(md5.bytes.size());
      std::copy(digest.begin(), digest.end(), md5.bytes.begin());
      facts.md5 = md5;
    }
    if ((bits & kLinks) != 0) facts.links = small();
    return facts;
  }

  RelPath path(std::string_view beginning) {
    std::string whole(beginning);
    whole += bytes(number());
    if (!whole.empty() && !RelPath::is_path(whole)) damaged();
    return is_whole_ ? RelPath::from_bytes(whole) : RelPath();
  }

 private:
  std::string_view rest_;
  bool is_whole_ = true;
};

}  // namespace

void append_encoded(std::string& out, const Action& action, std::string_view previous_path) {
  const unsigned head = static_cast<unsigned>(action.phase) |
                        static_cast<unsigned>(action.op) << kOpShift |
                        (action.other ? kOtherBit : 0) | (action.before ? kBeforeBit : 0);
  out += static_cast<char>(head);
  put(out, reason_bits(action.reasons) | (action.after ? kAfterBit : 0));
  const std::string_view path = action.path.bytes();
  const auto same = static_cast<std::size_t>(
      std::mismatch(path.begin(), path.end(), previous_path.begin(), previous_path.end()).first -
      path.begin());
  put(out, same);
  put_bytes(out, path.substr(same));
  if (action.other) put_bytes(out, action.other->bytes());
  if (action.before) put_facts(out, *action.before);
  if (action.after) put_facts(out, *action.after);
}

bool take_encoded(std::string_view& bytes, std::string_view previous_path, Action& action) {
  Reader reader(bytes);
  const std::string_view first = reader.bytes(1);
  const unsigned head = first.empty() ? 0 : static_cast<unsigned char>(first.front());
  const std::uint64_t reasons = reader.number();
  const std::uint64_t same = reader.number();
  const unsigned phase = head & kThreeBits;
  const unsigned op = head >> kOpShift & kThreeBits;
  if (phase >= kPhases.size() || op >= kOps.size() || same > previous_path.size()) return false;
  action = {};
  action.phase = kPhases[phase];
  action.op = kOps[op];
  for (const Reason reason : kReasons) {
    if ((reasons & static_cast<std::uint64_t>(reason)) != 0) action.reasons.add(reason);
  }
  action.path = reader.path(previous_path.substr(0, same));
  if ((head & kOtherBit) != 0) action.other = reader.path({});
  if ((head & kBeforeBit) != 0) action.before = reader.facts();
  if ((reasons & kAfterBit) != 0) action.after = reader.facts();
  bytes = reader.rest();
  return reader.is_whole();
}

}  // namespace foldersync
