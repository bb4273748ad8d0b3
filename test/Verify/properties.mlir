// RUN: qimeng-opt %S/Inputs/forms.mlir --qimeng-prove=property=tiled -o /dev/null
// RUN: not qimeng-opt %S/Inputs/forms.mlir --qimeng-prove=property=staged -o /dev/null 2>&1 | FileCheck %s --check-prefix=STAGED
// RUN: not qimeng-opt %S/Inputs/forms.mlir --qimeng-prove=property=pipelined -o /dev/null 2>&1 | FileCheck %s --check-prefix=PIPELINED
// RUN: not qimeng-opt %S/Inputs/forms.mlir --qimeng-prove=property=specialized -o /dev/null 2>&1 | FileCheck %s --check-prefix=SPECIALIZED
// RUN: not qimeng-opt %S/Inputs/forms.mlir --qimeng-prove=property=tensorized -o /dev/null 2>&1 | FileCheck %s --check-prefix=TENSORIZED
// RUN: not qimeng-opt %S/Inputs/forms.mlir --qimeng-prove=property=persistent -o /dev/null 2>&1 | FileCheck %s --check-prefix=PERSISTENT
// RUN: not qimeng-opt %S/Inputs/forms.mlir --qimeng-prove=property=fast -o /dev/null 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// STAGED: must be staged
// STAGED-NOT: must be staged
// PIPELINED-COUNT-2: must be pipelined
// SPECIALIZED-COUNT-3: must be specialized
// TENSORIZED-COUNT-3: must be tensorized
// PERSISTENT-COUNT-3: must be persistent
// UNKNOWN: unknown property 'fast'; known are tiled, staged, pipelined, specialized, tensorized, persistent
