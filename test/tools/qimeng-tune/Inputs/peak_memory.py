"""peak_memory.py MEGABYTES COMMAND...: runs the command, and fails where it took more memory."""

import resource
import subprocess
import sys

limit = int(sys.argv[1])
# What is far too much fails at once, before the machine suffers.
address_space = 4 * limit << 20
code = subprocess.call(sys.argv[2:], preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (address_space,) * 2))
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
print(f"peak {peak} MB", "" if peak <= limit else f"is over the limit of {limit}", file=sys.stderr)
sys.exit(code or peak > limit)
