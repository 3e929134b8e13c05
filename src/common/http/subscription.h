#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/client_link.h"

namespace pai::http {

/// Starts to follow an event stream on the I/O thread of `shared`; see Client::subscribe.
std::unique_ptr<Subscription> follow(std::shared_ptr<ClientShared> shared, const Endpoint& endpoint,
                                     const std::string& target,
                                     std::function<void(std::string_view, std::string_view)> on_event,
                                     std::function<void(const Error&)> on_end);

}  // namespace pai::http
