/** In Node tfjs registers no gradients: its main file leaves them out. Importing this file registers them all. */
import "@tensorflow/tfjs-core/dist/register_all_gradients";
