// RUN: qimeng-opt %s --qimeng-prove -split-input-file -verify-diagnostics -o /dev/null

// Three slots: two puts ahead, one in use.
qimeng.kernel @pipelined(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 8 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(3) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

// A put behind the release.
qimeng.kernel @guard_is_of_no_use(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 8 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(3) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

// The producer may run ahead by the number of slots.
qimeng.kernel @specialized(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %puts = arith.constant 8 : index
  %takes = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<4x8xf32>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %puts step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%i)
      %l = qimeng.load %x[%c0, %k] masked : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
  }
  qimeng.role consumer warps(4) {
    %sum = scf.for %i = %c0 to %takes step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
      %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
      %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
      qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
      %n = arith.addf %a, %r : tensor<4xf32>
      scf.yield %n : tensor<4xf32>
    }
    qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
  }
}

// -----

// One slot makes the roles take turns.
qimeng.kernel @one_slot(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %puts = arith.constant 8 : index
  %takes = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<4x8xf32>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %puts step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%i)
      %l = qimeng.load %x[%c0, %k] masked : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
  }
  qimeng.role consumer warps(4) {
    %sum = scf.for %i = %c0 to %takes step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
      %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
      %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
      qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
      %n = arith.addf %a, %r : tensor<4xf32>
      scf.yield %n : tensor<4xf32>
    }
    qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
  }
}

// -----

// Two puts ahead and one slot in use need three slots.
qimeng.kernel @too_few_stages(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 8 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  // expected-note @below {{the channel is here}}
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
    // expected-error @below {{check 3 (channels): waits forever: put 2 (iteration 0) finds all 2 slots of the channel full}}
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

// The prologue alone does not fit.
qimeng.kernel @overrun_prologue(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 8 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  // expected-note @below {{the channel is here}}
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %k2 = arith.constant 16 : index
  %l2 = qimeng.load %x[%c0, %k2] : memref<4x64xf32> -> tensor<4x8xf32>
  // expected-error @below {{waits forever: put 2 finds all 2 slots}}
  qimeng.put %ch, %l2 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 3)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

// One put too few: the last take waits.
qimeng.kernel @short_prologue(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 8 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  // expected-note @below {{the channel is here}}
  %ch = qimeng.channel stages(3) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    // expected-error @below {{waits forever: take 7 (iteration 7) finds no slot that was put but not taken}}
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

qimeng.kernel @one_iteration_too_many(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 9 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  // expected-note @below {{the channel is here}}
  %ch = qimeng.channel stages(3) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    // expected-error @below {{waits forever: take 8 (iteration 8)}}
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

qimeng.kernel @one_iteration_too_few(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 7 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(3) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
    // expected-error @below {{check 3 (channels): puts 8 times, but the channel is taken from 7 times; slot 7 is never taken}}
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

qimeng.kernel @missing_release(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 8 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  // expected-note @below {{the channel is here}}
  %ch = qimeng.channel stages(3) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
    // expected-error @below {{waits forever: put 3 (iteration 1) finds all 3 slots}}
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

qimeng.kernel @missing_release_at_end(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %puts = arith.constant 8 : index
  %takes = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(8) : !qimeng.channel<tensor<4x8xf32>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %puts step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%i)
      %l = qimeng.load %x[%c0, %k] masked : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
  }
  qimeng.role consumer warps(4) {
    %sum = scf.for %i = %c0 to %takes step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
      // expected-error @below {{takes 8 times, but the channel is released 0 times; slot 0 is never released}}
      %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
      %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
      %n = arith.addf %a, %r : tensor<4xf32>
      scf.yield %n : tensor<4xf32>
    }
    qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
  }
}

// -----

// The slot may be filled again while it is read.
qimeng.kernel @early_release(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 8 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(3) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    // expected-error @below {{uses slot 0 of the channel after its release (iteration 0); move the release behind the last use}}
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

qimeng.kernel @release_first(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %trips = arith.constant 8 : index
  %bound = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(3) : !qimeng.channel<tensor<4x8xf32>>
  %k0 = arith.constant 0 : index
  %l0 = qimeng.load %x[%c0, %k0] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l0 : !qimeng.channel<tensor<4x8xf32>>
  %k1 = arith.constant 8 : index
  %l1 = qimeng.load %x[%c0, %k1] : memref<4x64xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l1 : !qimeng.channel<tensor<4x8xf32>>
  %sum = scf.for %i = %c0 to %trips step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
    // expected-error @below {{releases slot 0 before it was taken (iteration 0)}}
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %next = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
    %more = arith.cmpi slt, %next, %bound : index
    scf.if %more {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%next)
      %l = qimeng.load %x[%c0, %k] : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
    %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
    %n = arith.addf %a, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
}

// -----

qimeng.kernel @puts_more(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %puts = arith.constant 9 : index
  %takes = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %ch = qimeng.channel stages(8) : !qimeng.channel<tensor<4x8xf32>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %puts step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%i)
      %l = qimeng.load %x[%c0, %k] masked : memref<4x64xf32> -> tensor<4x8xf32>
      // expected-error @below {{puts 9 times, but the channel is taken from 8 times; slot 8 is never taken}}
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
  }
  qimeng.role consumer warps(4) {
    %sum = scf.for %i = %c0 to %takes step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
      %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
      %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
      qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
      %n = arith.addf %a, %r : tensor<4xf32>
      scf.yield %n : tensor<4xf32>
    }
    qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
  }
}

// -----

qimeng.kernel @puts_less(%x: memref<4x64xf32>, %y: memref<4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %puts = arith.constant 7 : index
  %takes = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  // expected-note @below {{the channel is here}}
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<4x8xf32>>
  qimeng.role producer warps(4) {
    scf.for %i = %c0 to %puts step %c1 {
      %k = affine.apply affine_map<(d0) -> (d0 * 8)>(%i)
      %l = qimeng.load %x[%c0, %k] masked : memref<4x64xf32> -> tensor<4x8xf32>
      qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
    }
  }
  qimeng.role consumer warps(4) {
    %sum = scf.for %i = %c0 to %takes step %c1 iter_args(%a = %zero) -> tensor<4xf32> {
      // expected-error @below {{waits forever: take 7 (iteration 7) finds no slot}}
      %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
      %r = qimeng.reduce add %t axes [1] : tensor<4x8xf32>
      qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
      %n = arith.addf %a, %r : tensor<4xf32>
      scf.yield %n : tensor<4xf32>
    }
    qimeng.store %sum, %y[%c0] : tensor<4xf32>, memref<4xf32>
  }
}

// -----

// A transposed tile is still the slot's.
qimeng.kernel @transposed(%x: memref<4x8xf32>, %y: memref<8x4xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<4x8xf32>>
  %l = qimeng.load %x[%c0, %c0] : memref<4x8xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
  %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
  %u = qimeng.transpose %t [1, 0] : tensor<4x8xf32>
  qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
  // expected-error @below {{uses slot 0 of the channel after its release}}
  qimeng.store %u, %y[%c0, %c0] : tensor<8x4xf32>, memref<8x4xf32>
}

// -----

qimeng.kernel @carried(%x: memref<4x8xf32>, %y: memref<4x8xf32>) grid(1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = arith.constant dense<0.0> : tensor<4x8xf32>
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<4x8xf32>>
  %l = qimeng.load %x[%c0, %c0] : memref<4x8xf32> -> tensor<4x8xf32>
  qimeng.put %ch, %l : !qimeng.channel<tensor<4x8xf32>>
  %r = scf.for %i = %c0 to %c1 step %c1 iter_args(%a = %z) -> tensor<4x8xf32> {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    // expected-error @below {{carries a taken tile out of its iteration}}
    scf.yield %t : tensor<4x8xf32>
  }
  qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
  qimeng.store %r, %y[%c0, %c0] : tensor<4x8xf32>, memref<4x8xf32>
}

// -----

// Which puts run depends on the program; all of them are played.
qimeng.kernel @by_program(%x: memref<4x8xf32>, %y: memref<4x24xf32>) grid(3) {
  %p = qimeng.program_id 0
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %m = affine.apply affine_map<(d0) -> (d0 * 8)>(%p)
  %z = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-note @below {{the channel is here}}
  %ch = qimeng.channel stages(1) : !qimeng.channel<tensor<4x8xf32>>
  %first = arith.cmpi slt, %p, %c2 : index
  scf.if %first {
    qimeng.put %ch, %z : !qimeng.channel<tensor<4x8xf32>>
  }
  // expected-error @below {{waits forever: take 0 finds no slot that was put but not taken}}
  %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
  qimeng.store %t, %y[%c0, %m] masked : tensor<4x8xf32>, memref<4x24xf32>
  qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
}

// -----

// Two channels, taken in the order opposite to that of the puts.
qimeng.kernel @crossed(%y: memref<4x8xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %z = arith.constant dense<0.0> : tensor<4x8xf32>
  // expected-note @below {{the channel is here}}
  %a = qimeng.channel stages(1) : !qimeng.channel<tensor<4x8xf32>>
  %b = qimeng.channel stages(1) : !qimeng.channel<tensor<4x8xf32>>
  qimeng.role producer warps(1) {
    qimeng.put %a, %z : !qimeng.channel<tensor<4x8xf32>>
    // expected-error @below {{waits forever: put 1 finds all 1 slots of the channel full}}
    qimeng.put %a, %z : !qimeng.channel<tensor<4x8xf32>>
    qimeng.put %b, %z : !qimeng.channel<tensor<4x8xf32>>
  }
  qimeng.role consumer warps(4) {
    %t = qimeng.take %b : !qimeng.channel<tensor<4x8xf32>>
    %u = qimeng.take %a : !qimeng.channel<tensor<4x8xf32>>
    %v = arith.addf %t, %u : tensor<4x8xf32>
    qimeng.release %b : !qimeng.channel<tensor<4x8xf32>>
    qimeng.release %a : !qimeng.channel<tensor<4x8xf32>>
    %w = qimeng.take %a : !qimeng.channel<tensor<4x8xf32>>
    qimeng.store %v, %y[%c0, %c0] : tensor<4x8xf32>, memref<4x8xf32>
    qimeng.release %a : !qimeng.channel<tensor<4x8xf32>>
  }
}

// -----

qimeng.kernel @two_producers(%y: memref<4x8xf32>) grid(1) schedule<warps = 4> {
  %c0 = arith.constant 0 : index
  %z = arith.constant dense<0.0> : tensor<4x8xf32>
  %ch = qimeng.channel stages(2) : !qimeng.channel<tensor<4x8xf32>>
  qimeng.role producer warps(1) {
    // expected-note @below {{the other role is here}}
    qimeng.put %ch, %z : !qimeng.channel<tensor<4x8xf32>>
  }
  qimeng.role producer warps(1) {
    // expected-error @below {{puts into a channel that another role fills; a channel joins one producer to one consumer role}}
    qimeng.put %ch, %z : !qimeng.channel<tensor<4x8xf32>>
  }
  qimeng.role consumer warps(4) {
    %t = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %u = qimeng.take %ch : !qimeng.channel<tensor<4x8xf32>>
    %v = arith.addf %t, %u : tensor<4x8xf32>
    qimeng.store %v, %y[%c0, %c0] : tensor<4x8xf32>, memref<4x8xf32>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
    qimeng.release %ch : !qimeng.channel<tensor<4x8xf32>>
  }
}
