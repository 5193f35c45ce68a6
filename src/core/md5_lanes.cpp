#include "core/md5_lanes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace foldersync {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kWords = 16;  // of 32 bits, in a block

constexpr std::array<std::uint32_t, 4> kStart{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
constexpr std::array<std::array<unsigned, 4>, 4> kTurns{
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};
// The integer part of 2^32 times the absolute sine of i + 1, in radians.
constexpr std::array<std::uint32_t, 64> kSines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

#if defined(__x86_64__)

// One 32-bit word of each lane.
template <std::size_t lanes>
struct Vector;
template <>
struct Vector<8> {
  typedef std::uint32_t Type __attribute__((vector_size(32)));
};
template <>
struct Vector<16> {
  typedef std::uint32_t Type __attribute__((vector_size(64)));
};

template <std::size_t lanes>
using Lanes = typename Vector<lanes>::Type;

template <std::size_t lanes>
struct State {
  Lanes<lanes> words[4];
};

// Which of the words of two rows becomes the word `lane` of the first or second of them in a step
// of a transposition.
template <std::size_t lanes, std::size_t step, bool second>
constexpr std::uint32_t chosen(std::size_t lane) {
  const bool is_upper = (lane & step) != 0;
  const std::size_t word =
      second ? (is_upper ? lanes + lane : lane + step) : (is_upper ? lanes + lane - step : lane);
  return static_cast<std::uint32_t>(word);
}

template <std::size_t lanes, std::size_t step, std::size_t... lane>
[[gnu::always_inline]] inline void swap_words(Lanes<lanes>& upper, Lanes<lanes>& lower,
                                              std::index_sequence<lane...>) {
  const Lanes<lanes> first =
      __builtin_shufflevector(upper, lower, chosen<lanes, step, false>(lane)...);
  lower = __builtin_shufflevector(upper, lower, chosen<lanes, step, true>(lane)...);
  upper = first;
}

template <std::size_t lanes, std::size_t step>
[[gnu::always_inline]] inline void swap_blocks(Lanes<lanes>* rows) {
#pragma GCC unroll 16
  for (std::size_t row = 0; row < lanes; ++row) {
    if ((row & step) != 0) continue;
    swap_words<lanes, step>(rows[row], rows[row + step], std::make_index_sequence<lanes>());
  }
}

// rows[i][j] and rows[j][i] change places.
template <std::size_t lanes>
[[gnu::always_inline]] inline void transpose(Lanes<lanes>* rows) {
  swap_blocks<lanes, 1>(rows);
  swap_blocks<lanes, 2>(rows);
  swap_blocks<lanes, 4>(rows);
  if constexpr (lanes == 16) swap_blocks<lanes, 8>(rows);
}

template <std::size_t round, std::size_t lanes>
[[gnu::always_inline]] inline void run_round(State<lanes>& state, const Lanes<lanes>* words) {
  auto& [a, b, c, d] = state.words;
#pragma GCC unroll 16
  for (std::size_t step = 0; step < kWords; ++step) {
    std::size_t word = step;
    Lanes<lanes> mixed;
    if constexpr (round == 0) {
      mixed = d ^ (b & (c ^ d));
    } else if constexpr (round == 1) {
      word = (5 * step + 1) % kWords;
      mixed = c ^ (d & (b ^ c));
    } else if constexpr (round == 2) {
      word = (3 * step + 5) % kWords;
      mixed = b ^ c ^ d;
    } else {
      word = (7 * step) % kWords;
      mixed = c ^ (b | ~d);
    }
    const unsigned turn = kTurns[round][step % 4];
    const Lanes<lanes> sum = a + mixed + words[word] + kSines[round * kWords + step];
    a = d;
    d = c;
    c = b;
    b += (sum << turn) | (sum >> (32 - turn));
  }
}

// Takes `blocks` blocks of each lane in; lane i reads at data[i] and goes on by strides[i].
template <std::size_t lanes>
[[gnu::always_inline]] inline void take_blocks(State<lanes>& state, const std::byte** data,
                                               const std::size_t* strides, std::size_t blocks) {
  Lanes<lanes> words[kWords];
  for (; blocks > 0; --blocks) {
    for (std::size_t half = 0; half < kWords / lanes; ++half) {
#pragma GCC unroll 16
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        std::memcpy(&words[half * lanes + lane], data[lane] + half * lanes * 4, lanes * 4);
      }
      transpose<lanes>(&words[half * lanes]);
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) data[lane] += strides[lane];
    const State<lanes> before = state;
    run_round<0, lanes>(state, words);
    run_round<1, lanes>(state, words);
    run_round<2, lanes>(state, words);
    run_round<3, lanes>(state, words);
    for (std::size_t i = 0; i < 4; ++i) state.words[i] += before.words[i];
  }
}

[[gnu::target("avx2")]] void take_blocks_of_8(State<8>& state, const std::byte** data,
                                              const std::size_t* strides, std::size_t blocks) {
  take_blocks<8>(state, data, strides, blocks);
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] void take_blocks_of_16(
    State<16>& state, const std::byte** data, const std::size_t* strides, std::size_t blocks) {
  take_blocks<16>(state, data, strides, blocks);
}

void take(State<8>& state, const std::byte** data, const std::size_t* strides, std::size_t blocks) {
  take_blocks_of_8(state, data, strides, blocks);
}
void take(State<16>& state, const std::byte** data, const std::size_t* strides,
          std::size_t blocks) {
  take_blocks_of_16(state, data, strides, blocks);
}

// Gives out messages to lanes, and gathers the digests.
template <std::size_t lanes>
class Distributor {
 public:
  Distributor(std::span<const Bytes> messages, std::span<Md5> digests)
      : messages_(messages), digests_(digests) {}

  void run() {
    for (std::size_t lane = 0; lane < lanes; ++lane) begin_next(lane);
    while (busy_ > 0) {
      std::size_t blocks = SIZE_MAX;
      for (const Lane& lane : lanes_) {
        if (lane.is_busy) blocks = std::min(blocks, lane.blocks);
      }
      take(state_, data_.data(), strides_.data(), blocks);
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (lanes_[lane].is_busy && (lanes_[lane].blocks -= blocks) == 0) end_part(lane);
      }
    }
  }

 private:
  // A message is read where it lies, up to its last whole block; the rest follows, padded.
  struct Lane {
    bool is_busy = false;
    bool in_tail = false;
    std::size_t message = 0;
    std::size_t blocks = 0;  // left of the part
    std::array<std::byte, 2 * kBlockBytes> tail{};
  };

  void begin_next(std::size_t index) {
    Lane& lane = lanes_[index];
    if (next_ == messages_.size()) {
      lane.is_busy = false;
      data_[index] = lane.tail.data();
      strides_[index] = 0;
      return;
    }
    lane.is_busy = true;
    ++busy_;
    lane.in_tail = false;
    lane.message = next_++;
    for (std::size_t i = 0; i < kStart.size(); ++i) state_.words[i][index] = kStart[i];
    const Bytes message = messages_[lane.message];
    data_[index] = message.data();
    strides_[index] = kBlockBytes;
    lane.blocks = message.size() / kBlockBytes;
    if (lane.blocks == 0) begin_tail(index);
  }

  void begin_tail(std::size_t index) {
    Lane& lane = lanes_[index];
    const Bytes message = messages_[lane.message];
    const std::size_t rest = message.size() % kBlockBytes;
    lane.in_tail = true;
    lane.blocks = rest + 1 + sizeof(std::uint64_t) <= kBlockBytes ? 1 : 2;
    lane.tail.fill(std::byte{0});
    if (rest > 0) std::memcpy(lane.tail.data(), message.data() + message.size() - rest, rest);
    lane.tail[rest] = std::byte{0x80};
    const std::uint64_t bits = std::uint64_t{message.size()} * 8;
    std::memcpy(&lane.tail[lane.blocks * kBlockBytes - sizeof(bits)], &bits, sizeof(bits));
    data_[index] = lane.tail.data();
    strides_[index] = kBlockBytes;
  }

  void end_part(std::size_t index) {
    Lane& lane = lanes_[index];
    if (!lane.in_tail) return begin_tail(index);
    for (std::size_t i = 0; i < kStart.size(); ++i) {
      const std::uint32_t word = state_.words[i][index];
      std::memcpy(&digests_[lane.message].bytes[i * sizeof(word)], &word, sizeof(word));
    }
    --busy_;
    begin_next(index);
  }

  std::span<const Bytes> messages_;
  std::span<Md5> digests_;
  std::size_t next_ = 0;  // the first message that no lane has begun
  std::size_t busy_ = 0;  // lanes
  State<lanes> state_{};
  std::array<Lane, lanes> lanes_;
  std::array<const std::byte*, lanes> data_{};
  std::array<std::size_t, lanes> strides_{};
};

#endif  // __x86_64__

}  // namespace

Md5Lanes widest_md5_lanes() {
#if defined(__x86_64__)
  const bool has_512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (has_512) return Md5Lanes::kSixteen;
  if (__builtin_cpu_supports("avx2")) return Md5Lanes::kEight;
#endif
  return Md5Lanes::kOne;
}

void md5_of_each(std::span<const Bytes> messages, std::span<Md5> digests, Md5Hasher& hasher,
                 Md5Lanes lanes) {
#if defined(__x86_64__)
  if (lanes == Md5Lanes::kSixteen) return Distributor<16>(messages, digests).run();
  if (lanes == Md5Lanes::kEight) return Distributor<8>(messages, digests).run();
#endif
  for (std::size_t i = 0; i < messages.size(); ++i) {
    hasher.update(messages[i]);
    digests[i] = hasher.finish();
  }
}

}  // namespace foldersync
