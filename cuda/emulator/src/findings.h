// A finding, put into words.
#pragma once

#include <vector>

#include "worker.h"

void reportFinding(const Launch& launch, const std::vector<Worker*>& workers);
Finding describeTimeout(const Launch& launch);

// A launch that the device would refuse; not the end of the context.
void reportRefusal(const Launch& launch, const std::string& what, const std::string& fix);
