// The Linux and crypt(5) interfaces that the toolchain's Glibc module leaves out.
#ifndef CLINUX_H
#define CLINUX_H

#include <crypt.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

#endif
