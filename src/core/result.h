// Errors are values: every function that can fail returns a Result.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace foldersync {

// What kind of trouble it is; decides what the caller does with it and the exit code.
enum class ErrorCode {
  kSystem,           // the operating system said no: error_number says why
  kChanged,          // something else changed the entry meanwhile
  kVanished,         // the source's entry is gone: nothing is left to be done
  kRefused,          // a safety rule forbids it now
  kBadPair,          // these two folders can never be source and replica
  kLocked,           // another run holds the replica
  kInvalidDocument,  // a plan that breaks the format
  kUsage,            // a wrong option or argument
  kState,            // the state folder or its database
  kStopped,          // the user asked to stop
  kCrossesMount,     // the path leads into another mount
};

struct Error {
  ErrorCode code = ErrorCode::kSystem;
  const char* operation = "";  // a literal: the call or step that failed, such as "open"
  std::string path;            // bytes, relative to its root where there is one; may be empty
  int error_number = 0;        // errno, 0 where no system call failed
  std::string detail;          // a sentence for people; may be empty

  // The same error, about `where`.
  [[nodiscard]] Error at(std::string where) && {
    path = std::move(where);
    return std::move(*this);
  }
};

// One for each code that is met in several places; at() says what they are about. `error_number`:
// of the system call that brought it, 0 where none did.
[[nodiscard]] inline Error system_error(const char* operation, int error_number,
                                        std::string detail = {}) {
  return Error{ErrorCode::kSystem, operation, {}, error_number, std::move(detail)};
}
[[nodiscard]] inline Error refused_error(const char* operation, std::string detail,
                                         int error_number = 0) {
  return Error{ErrorCode::kRefused, operation, {}, error_number, std::move(detail)};
}
[[nodiscard]] inline Error locked_error(const char* operation, std::string detail,
                                        int error_number = 0) {
  return Error{ErrorCode::kLocked, operation, {}, error_number, std::move(detail)};
}
[[nodiscard]] inline Error stopped_error(const char* operation, std::string detail = {}) {
  return Error{ErrorCode::kStopped, operation, {}, 0, std::move(detail)};
}
[[nodiscard]] inline Error changed_error(const char* operation, std::string detail = {}) {
  return Error{ErrorCode::kChanged, operation, {}, 0, std::move(detail)};
}
[[nodiscard]] inline Error state_error(const char* operation, std::string detail) {
  return Error{ErrorCode::kState, operation, {}, 0, std::move(detail)};
}
[[nodiscard]] inline Error document_error(const char* operation, std::string detail = {}) {
  return Error{ErrorCode::kInvalidDocument, operation, {}, 0, std::move(detail)};
}
[[nodiscard]] inline Error usage_error(const char* operation, std::string detail) {
  return Error{ErrorCode::kUsage, operation, {}, 0, std::move(detail)};
}

// A value or an error. Requires: value() only where ok(), error() only where not.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(held_); }
  const T& value() const& { return std::get<0>(held_); }
  T&& value() && { return std::get<0>(std::move(held_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }

  Error& error() & { return std::get<1>(held_); }
  const Error& error() const& { return std::get<1>(held_); }
  Error&& error() && { return std::get<1>(std::move(held_)); }

  // The same; an error is about `where`.
  [[nodiscard]] Result at(std::string_view where) && {
    if (!ok()) error().path = where;
    return std::move(*this);
  }

 private:
  std::variant<T, Error> held_;
};

struct Done {};
using Status = Result<Done>;

inline Status success() { return Status(Done{}); }

// What TRY yields: a value of its own, never a reference into `result`.
template <class R>
auto value_of(R&& result) {
  return std::forward<R>(result).value();
}

// TRY(expression): the value of a Result; where that is an error, the function around it ends and
// returns the error. Takes the value out of a temporary and copies it from anything else.
//   const FileStatus status = TRY(fs.status_at(directory, name));
//   TRY(fs.unlink(directory, name));
#define TRY(...) FOLDERSYNC_TRY_AS(FOLDERSYNC_TRY_NAME(__COUNTER__), __VA_ARGS__)
#define FOLDERSYNC_TRY_AS(name, ...) FOLDERSYNC_TRY(name, __VA_ARGS__)
#define FOLDERSYNC_TRY_NAME(number) FOLDERSYNC_TRY_JOIN(tried_, number)
#define FOLDERSYNC_TRY_JOIN(word, number) word##number
#define FOLDERSYNC_TRY(tried, ...)                              \
  __extension__({                                               \
    auto&& tried = (__VA_ARGS__);                               \
    if (!tried.ok()) {                                          \
      return std::forward<decltype(tried)>(tried).error();      \
    }                                                           \
    foldersync::value_of(std::forward<decltype(tried)>(tried)); \
  })

}  // namespace foldersync
