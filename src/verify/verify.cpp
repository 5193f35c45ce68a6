#include "verify/verify.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/subtrees.h"
#include "fs/stop.h"
#include "scan/walker.h"
#include "verify/pair_verifier.h"

namespace foldersync {
namespace {

// In order. What went bad on one side explains what differs; and what lies below a directory that
// can't be listed is not known to be missing there.
void keep_one_word(Verified& verified) {
  std::vector<VerifyFinding>& findings = verified.findings;
  std::stable_sort(
      findings.begin(), findings.end(), [](const VerifyFinding& one, const VerifyFinding& other) {
        return one.path != other.path ? one.path < other.path : one.sides < other.sides;
      });
  const Subtrees unread(std::move(verified.unread));
  std::vector<VerifyFinding> kept;
  for (VerifyFinding& finding : findings) {
    const bool is_explained =
        finding.sides == Sides::kBoth && !kept.empty() && kept.back().path == finding.path &&
        kept.back().sides != Sides::kBoth && finding.what != Mismatch::kTouched;
    const bool is_unclear = finding.is_alone && unread.hold(finding.path);
    if (!is_explained && !is_unclear) kept.push_back(std::move(finding));
  }
  findings = std::move(kept);
}

class Verifiers final : public PairVisitor {
 public:
  Verifiers(const PlanningContext& context, const VerifyRequest& request, Frontier& frontier,
            std::size_t threads) {
    each_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) each_.emplace_back(context, request, frontier);
  }

  Status visit(const VisitedPair& pair, std::vector<PairToVisit>& children) override {
    return each_[pair.worker].visit(pair, children);
  }

  Verified take() {
    Verified all;
    for (PairVerifier& one : each_) {
      Verified part = one.take();
      std::move(part.findings.begin(), part.findings.end(), std::back_inserter(all.findings));
      std::move(part.unread.begin(), part.unread.end(), std::back_inserter(all.unread));
      all.files += part.files;
      all.not_remembered += part.not_remembered;
      all.bytes += part.bytes;
      all.bytes_perhaps_of_memory += part.bytes_perhaps_of_memory;
    }
    keep_one_word(all);
    return all;
  }

 private:
  std::vector<PairVerifier> each_;
};

}  // namespace

Result<Verified> verify(const VerifyRequest& request) {
  const ComparedTrees& trees = request.trees;
  const PlanningContext context = context_of(trees, Remembered::kIsReadAgain);
  WalkOptions walk{trees.threads, trees.stop};
  walk.in_order = true;  // so that the next one begins where this one ends
  Frontier frontier(request.stretch);
  Verifiers verifiers(context, request, frontier, widest(walk));
  Status walked = walk_pairs({&trees.source, trees.replica, pair_of(trees.roots)}, walk, verifiers);
  if (!walked && walked.error().code != ErrorCode::kStopped) return walked.error();
  Verified verified = verifiers.take();
  verified.next = frontier.next();
  verified.is_stopped = verified.next && is_told_to_stop(trees.stop);
  return verified;
}

}  // namespace foldersync
