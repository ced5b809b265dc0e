import * as tf from "@tensorflow/tfjs-core"; import * as B from "@saeno/backend"; import {wasmBackend} from "@saeno/backend-wasm"; import * as C from "@saeno/core"; import zlib from 'zlib'; import fs from 'fs';
await B.useBackend(wasmBackend);
const raw=zlib.gunzipSync(fs.readFileSync('/work/shared/data/mnist/t10k-images-idx3-ubyte.gz')).subarray(16);
const kind=process.argv[2]; const model= kind==='fno'? C.saeFno({channels:1,concepts:64,active:8,modes:[14,14]}) : C.saeCnn({channels:1,concepts:64,active:8,kernel:[7,7]});
const bs=48; const x=tf.tensor(Float32Array.from(raw.subarray(0,bs*784),v=>v/255),[bs,28,28,1]);
console.log('gain',model.fitGain(x));
const step=()=>tf.tidy(()=>{const r=tf.variableGrads(()=>C.meanSquaredError(x,model.forward(x).reconstruction),model.parameters().map(p=>p.variable)); return r.value.dataSync()[0]});
for(let i=0;i<5;i++){const s=performance.now();const l=step();console.log((performance.now()-s).toFixed(0)+'ms',l,tf.memory().numTensors)}
const prof=await tf.profile(step); const agg={}; 
let tot=0; for(const k of prof.kernels){const t=await k.kernelTimeMs; const a=agg[k.name]??=[0,0]; a[0]+=+t;a[1]++;tot+=+t}
console.log(tot.toFixed(0)); console.table(Object.entries(agg).sort((a,b)=>b[1][0]-a[1][0]).slice(0,16).map(([n,[t,c]])=>({n,t:t.toFixed(1),c})));
