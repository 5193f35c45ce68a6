#include "plan/action_codec.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "plan/facts_table.h"

namespace foldersync {
namespace {

// Seven bits a byte, the lowest first; the highest bit says that more follow.
void put_short(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(0x80U | (number & 0x7FU));
    number >>= 7U;
  }
  out += static_cast<char>(number);
}

void put_short(std::string& out, std::string_view bytes) {
  put_short(out, std::uint64_t{bytes.size()});
  out += bytes;
}

void put_short(std::string& out, std::uint32_t number) { put_short(out, std::uint64_t{number}); }

// Zigzag: small for times around 1970, before it too.
void put_short(std::string& out, FileTime time) {
  const auto seconds = static_cast<std::uint64_t>(time.seconds);
  put_short(out, time.seconds < 0 ? ~(seconds << 1U) : seconds << 1U);
  put_short(out, time.nanoseconds);
}

void put_short(std::string& out, const Md5& digest) {
  out.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
}

// Reads what was put; after the first thing that isn't there, nothing is.
class ShortReader {
 public:
  explicit ShortReader(std::string_view bytes) : rest_(bytes) {}

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

 private:
  std::string_view rest_;
  bool is_whole_ = true;
};

void take_short(ShortReader& reader, std::uint64_t& number) { number = reader.number(); }
void take_short(ShortReader& reader, std::uint32_t& number) { number = reader.small(); }
void take_short(ShortReader& reader, std::string& bytes) { bytes = reader.bytes(reader.number()); }
void take_short(ShortReader& reader, FileTime& time) {
  const std::uint64_t bits = reader.number();
  time.seconds = static_cast<std::int64_t>((bits & 1U) != 0 ? ~(bits >> 1U) : bits >> 1U);
  time.nanoseconds = reader.small();
}
void take_short(ShortReader& reader, Md5& digest) {
  const std::string_view bytes = reader.bytes(digest.bytes.size());
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
}

// Bits of an action's first byte above phase and op, which have three each.
constexpr unsigned kOpShift = 3;
constexpr unsigned kOtherBit = 1U << 6U;
constexpr unsigned kBeforeBit = 1U << 7U;
constexpr unsigned kThreeBits = 7;

// Bits of the reasons' number above the reasons.
constexpr std::uint64_t kAfterBit = std::uint64_t{1} << 16U;

// The first number of facts: the type, and above it a bit for each field that is there, in the
// order of the table.
constexpr unsigned kFirstFieldBit = 3;

void put_facts(std::string& out, const Facts& facts) {
  std::uint64_t bits = static_cast<std::uint64_t>(facts.type);
  std::string values;
  unsigned at = kFirstFieldBit;
  FactsTable::each([&]<class Field>(Field) {
    const auto& member = Field::in(facts);
    if constexpr (kIsOptional<std::remove_cvref_t<decltype(member)>>) {
      if (member) {
        bits |= std::uint64_t{1} << at;
        put_short(values, *member);
      }
      ++at;
    }
  });
  put_short(out, bits);
  out += values;
}

Facts take_facts(ShortReader& reader) {
  Facts facts;
  const std::uint64_t bits = reader.number();
  if ((bits & kThreeBits) > static_cast<std::uint64_t>(FileType::kBlockDevice)) reader.damaged();
  facts.type = static_cast<FileType>(bits & kThreeBits);
  unsigned at = kFirstFieldBit;
  FactsTable::each([&]<class Field>(Field) {
    auto& member = Field::in(facts);
    if constexpr (kIsOptional<std::remove_cvref_t<decltype(member)>>) {
      if ((bits >> at++ & 1U) != 0) take_short(reader, member.emplace());
    }
  });
  return facts;
}

RelPath take_path(ShortReader& reader, std::string_view beginning) {
  std::string whole(beginning);
  whole += reader.bytes(reader.number());
  if (!whole.empty() && !RelPath::is_path(whole)) reader.damaged();
  return reader.is_whole() ? RelPath::from_bytes(whole) : RelPath();
}

}  // namespace

void append_encoded(std::string& out, const Action& action, std::string_view previous_path) {
  const unsigned head = static_cast<unsigned>(action.phase) |
                        static_cast<unsigned>(action.op) << kOpShift |
                        (action.other ? kOtherBit : 0) | (action.before ? kBeforeBit : 0);
  out += static_cast<char>(head);
  put_short(out, action.reasons.bits() | (action.after ? kAfterBit : 0));
  const std::string_view path = action.path.bytes();
  const auto same = static_cast<std::size_t>(
      std::mismatch(path.begin(), path.end(), previous_path.begin(), previous_path.end()).first -
      path.begin());
  put_short(out, std::uint64_t{same});
  put_short(out, path.substr(same));
  if (action.other) put_short(out, action.other->bytes());
  if (action.before) put_facts(out, *action.before);
  if (action.after) put_facts(out, *action.after);
}

bool take_encoded(std::string_view& bytes, std::string_view previous_path, Action& action) {
  ShortReader reader(bytes);
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
  action.path = take_path(reader, previous_path.substr(0, same));
  if ((head & kOtherBit) != 0) action.other = take_path(reader, {});
  if ((head & kBeforeBit) != 0) action.before = take_facts(reader);
  if ((reasons & kAfterBit) != 0) action.after = take_facts(reader);
  bytes = reader.rest();
  return reader.is_whole();
}

}  // namespace foldersync
