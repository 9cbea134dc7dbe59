// The compiled part of fmt, for programs that must not ask for its shared library, whose version differs between
// releases of a distribution, and of which no static one is packaged: the header-only form of those functions that the
// libraries of this product call. A function that is missing here shows as a shared library that is asked for; a test
// looks (node-agent.asks-for-few-shared-libraries).
#undef FMT_SHARED
#define FMT_HEADER_ONLY
#include <fmt/format.h>

namespace {

template <typename Function>
const void* address(Function* function) {
  return reinterpret_cast<const void*>(function);
}

}  // namespace

extern const void* const keelson_fmt_within[];
const void* const keelson_fmt_within[] = {
    address<std::string(fmt::string_view, fmt::format_args)>(&fmt::vformat),
    address<void(fmt::string_view, fmt::format_args)>(&fmt::vprint),
    address<void(std::FILE*, fmt::string_view, fmt::format_args)>(&fmt::vprint),
    address(&fmt::detail::assert_fail),
    address<bool(std::uint32_t)>(&fmt::detail::is_printable),
    address(&fmt::detail::throw_format_error),
};
