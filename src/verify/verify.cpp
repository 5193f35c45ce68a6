#include "verify/verify.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "scan/walker.h"
#include "verify/pair_verifier.h"

namespace foldersync {
namespace {

class Verifiers final : public PairVisitor {
 public:
  Verifiers(const PlanningContext& context, bool is_alone, std::size_t threads) {
    each_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) each_.emplace_back(context, is_alone);
  }

  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    return each_[pair.worker].visit(pair, children);
  }

  Verified take() {
    Verified all;
    for (PairVerifier& one : each_) {
      Verified part = one.take();
      std::move(part.findings.begin(), part.findings.end(), std::back_inserter(all.findings));
      all.files += part.files;
      all.not_remembered += part.not_remembered;
      all.bytes += part.bytes;
      all.bytes_perhaps_of_memory += part.bytes_perhaps_of_memory;
    }
    std::sort(all.findings.begin(), all.findings.end(),
              [](const VerifyFinding& one, const VerifyFinding& other) {
                return one.path != other.path ? one.path < other.path : one.sides < other.sides;
              });
    return all;
  }

 private:
  std::vector<PairVerifier> each_;
};

}  // namespace

std::string_view to_string(Mismatch mismatch) {
  constexpr std::string_view kWords[]{"edited", "touched", "decayed", "unreadable", "unknown"};
  return kWords[static_cast<std::size_t>(mismatch)];
}

std::string_view to_string(Sides sides) {
  constexpr std::string_view kWords[]{"source", "replica", "both"};
  return kWords[static_cast<std::size_t>(sides)];
}

Result<Verified> verify(const VerifyRequest& request) {
  const Roots& roots = request.roots;
  PlanningContext context{
      .options = request.options,
      .policy = request.policy,
      .filter = request.filter,
      .source_root = roots.source.status,
      .replica_root = {},
      .source_hashes = cached_tree(request.source_cache, roots.source, Remembered::kIsReadAgain),
      .replica_hashes = {},
      .stop = request.stop};
  PairToVisit root{.path = {}, .source = roots.source.status, .replica = {}};
  if (request.replica != nullptr) {
    context.replica_root = roots.replica->status;
    context.is_one_system = is_one_system(roots.source, *roots.replica);
    context.replica_hashes =
        cached_tree(request.replica_cache, *roots.replica, Remembered::kIsReadAgain);
    root.replica = roots.replica->status;
  }
  const WalkOptions walk{request.threads, request.stop};
  Verifiers verifiers(context, request.replica == nullptr, widest(walk));
  TRY(walk_pairs({&request.source, request.replica, std::move(root)}, walk, verifiers));
  return verifiers.take();
}

}  // namespace foldersync
