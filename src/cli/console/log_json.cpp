#include "cli/console/log_json.h"

#include "format/tables.h"

namespace foldersync {
namespace {

struct LogActionTable
    : FieldTable<DocumentField<"op", At<&ActionReport::action, &Action::op>, kind::Word<kOps>>,
                 DocumentField<"path", At<&ActionReport::action, &Action::path>, kind::Path>,
                 DocumentField<"from", At<&ActionReport::action>, kind::OtherPath<Other::kFrom>>,
                 DocumentField<"to", At<&ActionReport::action>, kind::OtherPath<Other::kTo>>,
                 DocumentField<"outcome", At<&ActionReport::outcome>, kind::Word<kOutcomes>>,
                 DocumentField<"bytes", At<&ActionReport::bytes>, kind::Count>> {};

}  // namespace

std::string log_fields(const ActionReport& report) {
  std::string fields;
  write_fields<LogActionTable>(fields, report);
  if (report.error && report.error->error_number != 0)
    kind::Errno::write(fields, "errno", report.error->error_number);
  return fields;
}

std::string log_fields(const Problem& problem) {
  std::string fields;
  write_fields<ProblemTable>(fields, problem);
  return fields;
}

std::string log_line(std::string_view level, std::string_view message, std::string_view fields) {
  std::string line;
  append_text(line, "level", level);
  append_text(line, "message", message);
  if (!fields.empty()) line.append(",").append(fields);
  return line += '}';
}

}  // namespace foldersync
