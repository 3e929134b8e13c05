#pragma once

namespace pai::test {

/// Iterations/s of logistic regression's messages over the real channel, between separate processes with
/// mutual TLS and with nothing computed (`channel_bench training`, built beside this program); 0 when it did
/// not run.
double bare_exchange_rate(int parties, int batch, int iterations);

}  // namespace pai::test
