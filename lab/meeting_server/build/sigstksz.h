// Since glibc 2.34 SIGSTKSZ is a call to sysconf(), and the abseil inside mediasoup 3.7.19 sizes an array with it.
// Included before everything else: the constant wins, and no system header defines it again afterwards.
#pragma once
#include <csignal>
#undef SIGSTKSZ
#define SIGSTKSZ 65536
