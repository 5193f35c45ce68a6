#include "apply/steps/step.h"

namespace foldersync {

const StepKind& kind_of(const Action& action) {
  switch (action.op) {
    case Op::kCreate:
    case Op::kUpdate:
    case Op::kReplace:
      break;
    case Op::kLink:
      return kLinkStep;
    case Op::kMove:
      return kMoveStep;
    case Op::kDelete:
      return kRemoveStep;
    case Op::kMetadata:
      return is_finish(action) ? kFinishStep : kMetadataStep;
  }
  return kWriteStep;
}

}  // namespace foldersync
